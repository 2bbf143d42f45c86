"""Where a wheel of `osml-sandbox` has its packages: below `osml/_library`, beside those of `osml`.

Other people's packages are called `sandbox`, too. `osml/library.py` finds this one there. An editable installation has
it under its own name, as the command line of a checkout and the tests import it.
"""

from setuptools import setup
from setuptools.command.build_py import build_py

LIBRARY = "osml._library"


class BuildPackages(build_py):
    """Builds each package below its name in the wheel."""

    def run(self) -> None:
        if not self.editable_mode:
            self.package_dir = {f"{LIBRARY}.{name}": folder for name, folder in self.package_dir.items()}
            self.package_data = {f"{LIBRARY}.{name}": files for name, files in self.package_data.items()}
            # The metadata's list of what can be imported is written after this.
            self.packages = self.distribution.packages = [f"{LIBRARY}.{name}" for name in self.packages]
        super().run()


setup(cmdclass={"build_py": BuildPackages})
