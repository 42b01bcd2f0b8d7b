"""The fonts of printed statements: Fira Sans (SIL Open Font License), for Latin, Greek and Cyrillic texts."""

from fontpkg_fira_sans import ROOT

REGULAR = str(ROOT / "files" / "FiraSans-Regular.ttf")
BOLD = str(ROOT / "files" / "FiraSans-Bold.ttf")
