"""The command-line program: everything that an operator or a newcomer does with Rapport."""
