"""Every figure that the README quotes, each beside its peer or limit from the same run."""
