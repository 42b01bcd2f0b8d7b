"""What each kind of event adds to an account: sums, so that any selection of events, in any order, adds up."""
