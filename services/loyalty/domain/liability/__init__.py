"""What is owed for points that customers haven't used yet: the contract liability of IFRS 15."""
