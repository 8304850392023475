"""Which of OpenBLAS's kernels a process runs with: peers on Debian's reference BLAS, or held to an older processor's kernels, would be no fair ones."""
import ctypes


def kernels():
    """Its name for them, or 'WITHOUT openblas'."""
    with open("/proc/self/maps", encoding="ascii") as maps:
        libraries = {line.split()[-1] for line in maps if "openblas" in line}
    if not libraries:
        return "WITHOUT openblas"
    name = ctypes.CDLL(libraries.pop()).openblas_get_corename
    name.restype = ctypes.c_char_p
    return f"openblas {name().decode()}"
