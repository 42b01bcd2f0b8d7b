"""The tests of sealing, erasing and exporting."""
