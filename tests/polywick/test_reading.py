import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import polywick as pw
from numeric_backend.errors import InputError, ShapeError
from polywick.reading import blocks

ARRAYS = {"W1": np.arange(6.0).reshape(3, 2), "b1": np.ones(3), "W2": np.ones((1, 3)), "b2": np.zeros(1)}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, **ARRAYS, activation="gelu")
    return path


def test_npz_with_its_activation(file):
    net = pw.read(file)
    assert net.activation == "gelu"
    np.testing.assert_array_equal(net.W1, ARRAYS["W1"])
    assert pw.read(str(file), activation="relu").activation == "relu"
    assert pw.read(file, block="mlp").activation == "gelu"


def test_blocks_of_a_file(file, tmp_path):
    (block,) = blocks(file)
    assert (block.name, block.kind, block.inputs, block.hidden, block.outputs, block.activation) == (
        "mlp", "MLP", 2, 3, 1, "gelu",
    )  # fmt: skip
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    assert blocks(tmp_path / "other.npz") == ()


def test_npz_that_cannot_be_read(tmp_path):
    path = tmp_path / "net.npz"
    np.savez(path, **ARRAYS)
    with pytest.raises(InputError, match=r"names no activation; pass activation="):
        pw.read(path)
    np.savez(path, W1=ARRAYS["W1"], b1=ARRAYS["b1"])
    with pytest.raises(InputError, match=r"lacks W2, b2 \(it holds W1, b1\)"):
        pw.read(path, activation="relu")
    np.savez(path, **(ARRAYS | {"b1": np.ones(4)}))
    with pytest.raises(ShapeError, match=r"W1 has shape \(3, 2\) and b1 has shape \(4,\)"):
        pw.read(path, activation="relu")
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(InputError, match="is damaged"):
        pw.read(path)
    with pytest.raises(InputError, match="there is no file"):
        pw.read(tmp_path / "absent.npz")
    with pytest.raises(InputError, match=r"is a \.safetensors file, and reading those is not built yet"):
        pw.read(tmp_path / "model.safetensors")


def test_other_objects_and_blocks(file):
    with pytest.raises(InputError, match=r"a dict was given; expected the path of an \.npz file"):
        pw.read({})
    with pytest.raises(InputError, match=r"block is 'layer\.3'; the source holds one network, called 'mlp'"):
        pw.read(file, block="layer.3")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    return x, (x[:, 0] > 0).astype(int) + (x[:, 1] > 0.5)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_scikit_classifier_and_regressor(data, activation):
    neural_network = pytest.importorskip("sklearn.neural_network")
    x, y = data
    options = {"hidden_layer_sizes": (5,), "activation": activation, "max_iter": 20, "random_state": 0}
    regressor = neural_network.MLPRegressor(**options).fit(x, y)
    np.testing.assert_allclose(pw.read(regressor)(x)[:, 0], regressor.predict(x), rtol=1e-10)
    classifier = neural_network.MLPClassifier(**options).fit(x, y)
    logits = pw.read(classifier)(x)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, classifier.predict_proba(x), rtol=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_scikit_models_that_are_refused(data):
    neural_network = pytest.importorskip("sklearn.neural_network")
    from numeric_backend import kernels

    x, y = data
    with pytest.raises(InputError, match="MLPClassifier is not fitted"):
        pw.read(neural_network.MLPClassifier())
    deep = neural_network.MLPRegressor(hidden_layer_sizes=(3, 3), max_iter=2).fit(x, y)
    with pytest.raises(InputError, match="2 hidden layers; expected one"):
        pw.read(deep)
    if "tanh" not in kernels.names():
        bounded = neural_network.MLPRegressor(hidden_layer_sizes=(3,), activation="tanh", max_iter=2).fit(x, y)
        with pytest.raises(
            InputError, match=r"'tanh', for which there is no verified kernel yet; expected one of .*relu"
        ):
            pw.read(bounded)
        assert pw.read(bounded, activation="erf").activation == "erf"


def test_import_is_light():
    """``import polywick`` loads neither SymPy nor mpmath nor scipy.stats; the check sees them when they are loaded."""
    check = "import sys; sys.exit(bool({'sympy', 'mpmath', 'scipy.stats', 'sklearn'} & set(sys.modules)))"
    network = "pw.MLP([[1.0]], [0.0], [[1.0]], [0.0], 'relu')"
    light = f"import polywick as pw; pw.approximate({network}, pw.Gaussian.standard(1)).fvu; "
    assert subprocess.run([sys.executable, "-c", light + check], check=False).returncode == 0
    assert subprocess.run([sys.executable, "-c", "import mpmath; " + check], check=False).returncode == 1


def test_public_names():
    assert set(pw.__all__) <= set(dir(pw))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = pw.nothing


def test_a_saved_polynomial_is_no_network(file, tmp_path):
    path = tmp_path / "p.npz"
    pw.approximate(pw.read(file), pw.Gaussian.standard(2), 1).save(path)
    for reader in (pw.read, blocks):
        with pytest.raises(InputError, match=r"holds a 'polywick polynomial 2'; expected a network .*polywick\.load"):
            reader(path)


GATED = {"W": np.ones((3, 2)), "b": np.arange(3.0), "V": np.eye(3, 2), "c": np.zeros(3)}
PROJECTION = {"W2": np.ones((1, 3)), "b2": np.ones(1)}


def test_gated_networks(tmp_path):
    path = tmp_path / "glu.npz"
    np.savez(path, **GATED, **PROJECTION)
    (block,) = blocks(path)
    assert (block.name, block.kind, block.inputs, block.hidden, block.outputs) == ("glu", "GLU", 2, 3, 1)
    net = pw.read(path, block="glu", activation="swiglu")
    x = np.array([[0.3, -2.0], [1.0, 0.5]])
    np.testing.assert_array_equal(net(x), pw.GLU(**GATED, **PROJECTION, activation="silu")(x))
    with pytest.raises(InputError, match="names no activation"):
        pw.read(path)
    with pytest.raises(InputError, match="block is 'mlp'; the source holds one network, called 'glu'"):
        pw.read(path, block="mlp", activation="relu")
    np.savez(path, W=GATED["W"], V=GATED["V"], activation="reglu")
    (block,) = blocks(path)
    assert (block.outputs, block.activation) == (3, "reglu")
    bare = pw.read(path)
    assert (repr(bare), bare.b.sum()) == ("GLU(2 -> 3 gated relu)", 0.0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (GATED | {"V": np.ones((3, 4))}, r"W has shape \(3, 2\) and V has shape \(3, 4\).*same number of inputs"),
        (GATED | {"V": np.ones((2, 2))}, r"W has shape \(3, 2\) and V has shape \(2, 2\).*same number of hidden units"),
        (GATED | PROJECTION | {"W2": np.ones((1, 4))}, r"W has shape \(3, 2\) and W2 has shape \(1, 4\)"),
        (GATED | {"b2": np.ones(3)}, "b2 without W2"),
        (GATED | ARRAYS, "holds both W1, b1 and W, V; expected one network"),
        ({"W": np.ones((3, 2)), "c": np.ones(3)}, r"lacks V \(it holds W, c\); expected a network with"),
    ],
)
def test_gated_networks_that_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "net.npz", **arrays)
    with pytest.raises(InputError, match=message):
        pw.read(tmp_path / "net.npz", activation="relu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b1": np.ones(4)}, r"W1 has shape \(3, 2\) and b1 has shape \(4,\); expected the same number of hidden"),
        ({"W2": np.ones((1, 4))}, r"W1 has shape \(3, 2\) and W2 has shape \(1, 4\); expected the same number of hid"),
        ({"b2": np.ones(2)}, r"W2 has shape \(1, 3\) and b2 has shape \(2,\); expected the same number of outputs"),
        ({"b2": np.ones((1, 1))}, r"b2 has shape \(1, 1\); expected 1 dimension$"),
    ],
)
def test_blocks_that_do_not_fit_together(tmp_path, change, message):
    np.savez(tmp_path / "net.npz", **(ARRAYS | change))
    with pytest.raises(ShapeError, match=message):
        blocks(tmp_path / "net.npz")


def test_regressors_with_a_link_function_are_refused():
    model = SimpleNamespace(
        coefs_=[np.ones((2, 3)), np.ones((3, 1))],
        intercepts_=[np.zeros(3), np.zeros(1)],
        activation="relu",
        out_activation_="exp",
        loss="poisson",
    )
    with pytest.raises(InputError, match=r"output goes through 'exp' \(loss='poisson'\).*identity output"):
        pw.read(model)
    model.out_activation_ = "identity"
    assert pw.read(model).activation == "relu"
