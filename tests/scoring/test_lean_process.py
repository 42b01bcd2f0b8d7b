"""A process that scores nothing carries no numerical library."""

import subprocess
import sys

CODE = "import sys, services.scoring.service; sys.exit(bool({'numpy', 'scipy'} & set(sys.modules)))"


def test_the_service_starts_without_numpy_and_scipy() -> None:
    assert subprocess.run([sys.executable, "-c", CODE], check=False).returncode == 0
