"""What a member's facts earn, in the order in which they happened, however late they are told."""
