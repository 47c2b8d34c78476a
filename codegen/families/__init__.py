"""One module a family: a decomposition becomes the body of a kernel."""
