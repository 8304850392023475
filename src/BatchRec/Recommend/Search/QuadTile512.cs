using BatchRec.Torch.Accelerated;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace BatchRec.Recommend.Search;

/// <summary>
/// Eight users × 32 items in sixteen registers of 16 32-bit sums each: vpdpbusd multiplies four bytes with four, and adds them up, in one instruction. .NET 10 has no name for it at
/// 512 bits, so that the tile is assembled when it is first needed.
/// </summary>
internal static unsafe class QuadTile512
{
    /// <summary>Items of a panel.</summary>
    public const int Columns = 32;

    /// <summary>Whether the processor has AVX-512 VNNI, and the system lets the tile be placed.</summary>
    public static bool IsSupported => Mark != null;

    /// <remarks>
    /// Parameters: users (inner × 8) signed bytes of four dimensions; items (inner × 32) unsigned bytes of four dimensions each; inner, at least 1; starts (8), what the sums start from;
    /// limits (8); marks (8, in rows of a block's), a bit an item, set where the product reaches the limit; products (8 × 32, in rows of a block's);
    /// how many panels to do so with, one after the other, at least 1. A block's panels take less than a microsecond, too short for the collector to wait for.
    /// </remarks>
    public static readonly delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, byte*, nint, int*, int*, uint*, int*, nint, void> Mark =
        (delegate* unmanaged[Cdecl, SuppressGCTransition]<int*, byte*, nint, int*, int*, uint*, int*, nint, void>)(ProcessorFeatures.Avx512Vnni ? MachineCode.Place(Assembled()) : null);

    private static byte[] Assembled()
    {
        var code = new Assembler(64);
        // System V: then the products and the panels on the stack. What rbx holds is the caller's.
        AssemblerRegister64 users = rdi, items = rsi, inner = rdx, starts = rcx, limits = r8, marks = r9, products = rax, panels = r10, user = r11, left = rbx;
        AssemblerRegisterZMM[] sums = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13, zmm14, zmm15];
        AssemblerRegisterZMM[] values = [zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25];
        var (lower, upper) = (zmm16, zmm17);

        code.push(left);
        code.mov(products, __qword_ptr[rsp + 16]);
        code.mov(panels, __qword_ptr[rsp + 24]);
        var panel = code.CreateLabel();
        code.Label(ref panel);
        code.mov(user, users);
        code.mov(left, inner);
        for (var row = 0; row < ItemScan.Rows; row++)
        {
            code.vpbroadcastd(sums[2 * row], __dword_ptr[starts + 4 * row]);
            code.vmovdqa64(sums[2 * row + 1], sums[2 * row]);
        }
        var next = code.CreateLabel();
        code.Label(ref next);
        code.vmovups(lower, __zmmword_ptr[items]);
        code.vmovups(upper, __zmmword_ptr[items + 64]);
        for (var row = 0; row < ItemScan.Rows; row++)
        {
            code.vpbroadcastd(values[row], __dword_ptr[user + 4 * row]);
            code.vpdpbusd(sums[2 * row], lower, values[row]);
            code.vpdpbusd(sums[2 * row + 1], upper, values[row]);
        }
        code.add(user, 4 * ItemScan.Rows);
        code.add(items, 4 * Columns);
        code.dec(left);
        code.jne(next);

        for (var row = 0; row < ItemScan.Rows; row++)
        {
            var to = row * ItemOrder.BlockItems * sizeof(int);
            code.vmovups(__zmmword_ptr[products + to], sums[2 * row]);
            code.vmovups(__zmmword_ptr[products + to + 64], sums[2 * row + 1]);
            code.vpcmpd(k1, sums[2 * row], __dword_bcst[limits + 4 * row], NotLess);
            code.vpcmpd(k2, sums[2 * row + 1], __dword_bcst[limits + 4 * row], NotLess);
            code.kunpckwd(k1, k2, k1);
            code.kmovd(__dword_ptr[marks + row * ItemOrder.BlockItems / 8], k1);
        }
        code.add(marks, Columns / 8);
        code.add(products, Columns * sizeof(int));
        code.dec(panels);
        code.jne(panel);
        code.vzeroupper();
        code.pop(left);
        code.ret();
        using var bytes = new MemoryStream();
        code.Assemble(new StreamCodeWriter(bytes), 0);
        return bytes.ToArray();
    }

    /// <summary>The comparison ≥ of vpcmpd.</summary>
    private const byte NotLess = 5;
}
