"""100,000 services over 50 steerings: bench/steerings, which `./dev bench steerings` runs too."""

import argparse
import pathlib
import subprocess

from harness import rhumb


def measure(arguments: argparse.Namespace, folder: pathlib.Path) -> None:
    del arguments, folder
    subprocess.run([rhumb.ROOT / "bench/steerings"], check=True)
