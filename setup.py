"""Compiled twins: each `_name.pyx` speeds up the pure-Python module beside it.

They are optional: without a C++17 compiler, Python's headers or Cython the install goes on
and the pure twins serve. `muster doctor` says which of the two is in use.
"""

import os
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools._distutils.ccompiler import new_compiler
from setuptools._distutils.sysconfig import customize_compiler, get_python_inc

SOURCES = sorted(Path("src/muster").rglob("_*.pyx"))
# no fused operations: sums are those of the pure twins to the last digit; without what a debugger
# reads, which is most of the files and a third of the time
OPTIONS = ["-O3", "-g0", "-std=c++17", "-fvisibility=hidden", "-ffp-contract=off"]
PROBE = "#include <Python.h>\n#include <charconv>\nint main() { return 0; }\n"


def compiler_fault() -> str:
    """Why nothing can be compiled here; empty when it can."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "probe.cpp"
        source.write_text(PROBE)
        try:
            compiler = new_compiler()
            customize_compiler(compiler)
            compiler.compile(
                [str(source)],
                output_dir=folder,
                include_dirs=[get_python_inc()],
                extra_postargs=OPTIONS[1:],
            )
        except Exception as error:  # whatever is missing, the pure twins serve
            return str(error) or type(error).__name__
    return ""


def extensions() -> list[Extension]:
    try:
        from Cython.Build import cythonize
    except ImportError:
        fault = "no Cython"
    else:
        fault = compiler_fault()
    if fault:
        print(f"musterd: nothing can be compiled here ({fault}): the pure-Python twins will serve")
        return []
    modules = [
        Extension(
            ".".join(path.relative_to("src").with_suffix("").parts),
            [str(path)],
            language="c++",
            include_dirs=[str(path.parent)],
            extra_compile_args=OPTIONS,
            optional=True,
        )
        for path in SOURCES
    ]
    return cythonize(modules, language_level=3, build_dir="build") if modules else []


# Of a dozen modules each takes some seconds.
setup(ext_modules=extensions(), options={"build_ext": {"parallel": os.cpu_count() or 1}})
