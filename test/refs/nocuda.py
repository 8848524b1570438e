"""Lets PyPI's torch for Linux load on a machine without CUDA's libraries.

That torch is linked against them, and they are 4 GB; computing on the CPU calls
none of their functions. So each library that is missing is replaced by one that
has the functions by name and version, all of which return an error.
"""

import importlib.util
import pathlib
import subprocess
import sys
import tempfile

from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

# Linked against too, but every system has them; libcuda is loaded only when it
# is there.
SYSTEM = ("ld-linux", "libc.", "libcuda.", "libdl.", "libgcc_s.", "libm.", "libpthread.", "libquadmath.", "librt.", "libstdc++.", "libz.")

NO_DEVICE = 100  # cudaErrorNoDevice


def links(path):
    """What a shared library needs, defines, and leaves undefined.

    Undefined functions are (name, library, version); the last two are None
    where the symbol has no version.
    """
    with open(path, "rb") as f:
        elf = ELFFile(f)
        needed = [tag.needed for tag in elf.get_section_by_name(".dynamic").iter_tags("DT_NEEDED")]
        origin = {}
        for section in elf.iter_sections():
            if isinstance(section, GNUVerNeedSection):
                for library, versions in section.iter_versions():
                    for version in versions:
                        origin[version["vna_other"]] = (library.name, version.name)
        versions = elf.get_section_by_name(".gnu.version")
        defined, undefined = set(), []
        for i, symbol in enumerate(elf.get_section_by_name(".dynsym").iter_symbols()):
            if symbol["st_shndx"] != "SHN_UNDEF":
                defined.add(symbol.name)
            elif symbol.name and symbol["st_info"]["bind"] != "STB_WEAK":
                index = versions.get_symbol(i)["ndx"]
                undefined.append((symbol.name, *origin.get(index, (None, None))))
        return needed, defined, undefined


def plan(folder):
    """Maps each missing library to the functions it must have, by version."""
    libraries = {p.name: links(p) for p in folder.glob("*.so*")}
    defined = set().union(*(d for _, d, _ in libraries.values()))
    missing = sorted({n for needed, _, _ in libraries.values() for n in needed if n not in libraries and not n.startswith(SYSTEM)})
    stubs = {name: {} for name in missing}
    for _, _, undefined in libraries.values():
        for name, library, version in undefined:
            if library in stubs:
                stubs[library].setdefault(version, set()).add(name)
            elif library is None and name not in defined and not name.startswith(("Py", "_Py")):
                stubs[missing[0]].setdefault(None, set()).add(name)
    return stubs


def build(path, functions):
    """Compiles a library of functions that do nothing."""
    names = sorted(set().union(*functions.values()))
    with tempfile.TemporaryDirectory() as work:
        source, script = pathlib.Path(work, "stub.c"), pathlib.Path(work, "versions")
        source.write_text("".join(f"int {n}(void) {{ return {NO_DEVICE}; }}\n" for n in names))
        script.write_text("".join(f"{v} {{ {' '.join(f'{n};' for n in sorted(ns))} }};\n" for v, ns in functions.items() if v))
        command = ["cc", "-shared", "-fPIC", "-w", f"-Wl,-soname,{path.name}", "-o", path, source]
        if script.stat().st_size:
            command.append(f"-Wl,--version-script={script}")
        subprocess.run(command, check=True)


def main():
    if sys.platform != "linux":
        return  # PyPI's torch for other systems needs no CUDA
    folder = pathlib.Path(importlib.util.find_spec("torch").origin).parent / "lib"
    for name, functions in plan(folder).items():
        build(folder / name, functions)
    subprocess.run([sys.executable, "-c", "import torch; assert not torch.cuda.is_available()"], check=True)


main()
