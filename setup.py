"""Puts the packages of an `osml` wheel, except `osml` itself, under `osml/_library`.

Their names, such as `settings` and `sources`, are also names of other packages. `osml/library.py` finds them there. An
editable installation has them under their own names, with which the CDK app and the tests import them.
"""

from setuptools import setup
from setuptools.command.build_py import build_py

OWN, LIBRARY = "osml", "osml._library"


class BuildPackages(build_py):
    """Builds each package under its name in the wheel."""

    def run(self) -> None:
        if not self.editable_mode:
            distribution = self.distribution
            self.package_dir = {_built(name): folder for name, folder in self.package_dir.items()}
            self.package_data = {_built(name): files for name, files in self.package_data.items()}
            # setuptools writes the metadata's list of importable packages after this.
            self.packages = distribution.packages = [_built(name) for name in self.packages]
        super().run()


def _built(package: str) -> str:
    return package if package.partition(".")[0] == OWN else f"{LIBRARY}.{package}"


setup(cmdclass={"build_py": BuildPackages})
