"""``microgradx tour``: a network learns real handwritten digits, and shows its graph and its gradients."""
