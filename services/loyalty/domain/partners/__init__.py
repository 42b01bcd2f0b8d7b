"""Partners: whose customers earn and redeem our points, at which prices, and what they and we owe each other."""
