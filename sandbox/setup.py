"""Puts the packages of the wheel `osml-sandbox` below `osml/_library`, next to those of `osml`.

Other projects also have packages with the name `sandbox`. `osml/library.py` finds this one there. In an editable
installation it keeps the name `sandbox`: the command line of a checkout and the tests import it under that name.
"""

from setuptools import setup
from setuptools.command.build_py import build_py

LIBRARY = "osml._library"


class BuildPackages(build_py):
    """Builds each package below `LIBRARY`, except in an editable installation."""

    def run(self) -> None:
        if not self.editable_mode:
            self.package_dir = {f"{LIBRARY}.{name}": folder for name, folder in self.package_dir.items()}
            self.package_data = {f"{LIBRARY}.{name}": files for name, files in self.package_data.items()}
            # The metadata's list of importable packages is written later, from this.
            self.packages = self.distribution.packages = [f"{LIBRARY}.{name}" for name in self.packages]
        super().run()


setup(cmdclass={"build_py": BuildPackages})
