using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace BatchRec.Torch.Accelerated;

/// <summary>
/// <see cref="Tile"/> for operands in bf16, of which the instruction vdpbf16ps multiplies and adds up pairs: twice the rate of single precision. .NET 10 has no
/// name for it, so that the loop is assembled when it is first needed.
/// </summary>
internal static unsafe class Bf16Tile
{
    public const int Rows = 8, Columns = 32;

    /// <summary>Whether there is <see cref="Multiply"/>: the processor has the instruction, and the system lets it be placed.</summary>
    public static bool IsSupported => Multiply != null;

    /// <summary>c (8 × 32, Float32) = start (8 × 32, Float32) + a (8 × inner) × b (inner × 32), elements of a and b being pairs along the inner dimension.</summary>
    /// <remarks>The parameters are those of <see cref="Tile.Multiply"/>; distances are in elements of four bytes. A call is too short for the collector to wait for.</remarks>
    public static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<uint*, nint, nint, uint*, nint, nint, float*, nint, float*, nint, void> Multiply =
        (delegate* unmanaged[Cdecl, SuppressGCTransition]<uint*, nint, nint, uint*, nint, nint, float*, nint, float*, nint, void>)(Bf16.IsSupported ? MachineCode.Place(Assembled()) : null);

    private static byte[] Assembled()
    {
        var code = new Assembler(64);
        // System V: rdi a, rsi aRow, rdx aInner, rcx b, r8 bInner, r9 inner; then on the stack.
        AssemblerRegister64 a = rdi, aRow = rsi, aInner = rdx, b = rcx, bInner = r8, inner = r9, start = rax, startRow = r10;
        AssemblerRegisterZMM[] sums = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];
        AssemblerRegisterZMM[] values = [zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25];
        var (left, right) = (zmm16, zmm17);
        var (fromZero, loop) = (code.CreateLabel(), code.CreateLabel());

        code.mov(start, __qword_ptr[rsp + 8]);
        code.mov(startRow, __qword_ptr[rsp + 16]);
        code.shl(aRow, 2);
        code.shl(aInner, 2);
        code.shl(bInner, 2);
        code.shl(startRow, 2);
        code.test(start, start);
        code.je(fromZero);
        for (var row = 0; row < Rows; row++)
        {
            code.vmovups(sums[2 * row], __zmmword_ptr[start]);
            code.vmovups(sums[2 * row + 1], __zmmword_ptr[start + 64]);
            code.add(start, startRow);
        }
        code.jmp(loop);
        code.Label(ref fromZero);
        foreach (var sum in sums) code.vpxord(sum, sum, sum);

        // Three pointers and a distance reach all eight rows.
        code.Label(ref loop);
        var (middle, last) = (rax, r11);
        code.lea(middle, __[aRow + aRow * 2]);
        code.lea(last, __[a + middle * 2]);
        code.add(middle, a);
        AssemblerMemoryOperand[] rows = [__dword_ptr[a], __dword_ptr[a + aRow], __dword_ptr[a + aRow * 2], __dword_ptr[middle], __dword_ptr[middle + aRow], __dword_ptr[middle + aRow * 2], __dword_ptr[last], __dword_ptr[last + aRow]];
        var next = code.CreateLabel();
        code.Label(ref next);
        code.vmovups(left, __zmmword_ptr[b]);
        code.vmovups(right, __zmmword_ptr[b + 64]);
        for (var row = 0; row < Rows; row++)
        {
            code.vpbroadcastd(values[row], rows[row]);
            code.vdpbf16ps(sums[2 * row], values[row], left);
            code.vdpbf16ps(sums[2 * row + 1], values[row], right);
        }
        code.add(a, aInner);
        code.add(middle, aInner);
        code.add(last, aInner);
        code.add(b, bInner);
        code.dec(inner);
        code.jne(next);

        code.mov(rax, __qword_ptr[rsp + 24]);
        code.mov(r10, __qword_ptr[rsp + 32]);
        code.shl(r10, 2);
        for (var row = 0; row < Rows; row++)
        {
            code.vmovups(__zmmword_ptr[rax], sums[2 * row]);
            code.vmovups(__zmmword_ptr[rax + 64], sums[2 * row + 1]);
            code.add(rax, r10);
        }
        code.vzeroupper();
        code.ret();
        using var bytes = new MemoryStream();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }
}
