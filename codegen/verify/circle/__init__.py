"""Verification of kernels of circle moments: their reference, where to look, and the judgement."""
