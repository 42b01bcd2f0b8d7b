"""Redeeming: points are held, one is reserved, someone delivers, the points are taken; or all is given back."""
