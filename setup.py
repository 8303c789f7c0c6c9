"""Compiled twins: each `_name.pyx` speeds up the pure-Python module beside it.

They are optional: without a C++ compiler (or Cython) the install goes on and the
pure twins serve. `muster doctor` says which of the two is in use.
"""

from pathlib import Path

from setuptools import Extension, setup

SOURCES = sorted(Path("src/muster").rglob("_*.pyx"))


def extensions():
    try:
        from Cython.Build import cythonize
    except ImportError:
        print("musterd: no Cython here, the pure-Python twins will serve")
        return []
    modules = [
        Extension(
            ".".join(path.relative_to("src").with_suffix("").parts),
            [str(path)],
            language="c++",
            include_dirs=[str(path.parent)],
            extra_compile_args=["-O3", "-std=c++17", "-fvisibility=hidden"],
            optional=True,
        )
        for path in SOURCES
    ]
    return cythonize(modules, language_level=3, build_dir="build") if modules else []


setup(ext_modules=extensions())
