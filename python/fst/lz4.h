// The two functions of liblz4 that Verilator's FST writer calls, for machines without liblz4's development files.
// Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
#ifndef MOCHA_COCOTB_LZ4_H
#define MOCHA_COCOTB_LZ4_H

#include <cstdint>
#include <cstring>

inline int LZ4_compressBound(int size) { return size + size / 255 + 16; }

namespace mocha_cocotb_lz4 {

// A length of 15 and more goes on in bytes of 255 and a last smaller one.
inline char* putLength(char* to, int length) {
    for (length -= 15; length >= 255; length -= 255) *to++ = static_cast<char>(255);
    *to++ = static_cast<char>(length);
    return to;
}

// One sequence: literals, then a match of at least 4 bytes, or none at the block's end.
inline char* putSequence(char* to, const char* literals, int count, int offset, int match) {
    const int extra = match - 4;
    const int high = count < 15 ? count : 15;
    const int low = offset == 0 ? 0 : extra < 15 ? extra : 15;
    *to++ = static_cast<char>(high << 4 | low);
    if (high == 15) to = putLength(to, count);
    std::memcpy(to, literals, count);
    to += count;
    if (offset == 0) return to;
    *to++ = static_cast<char>(offset & 0xff);
    *to++ = static_cast<char>(offset >> 8);
    if (low == 15) to = putLength(to, extra);
    return to;
}

inline std::uint32_t read32(const char* from) {
    std::uint32_t value;
    std::memcpy(&value, from, 4);
    return value;
}

}  // namespace mocha_cocotb_lz4

// `to` has room for LZ4_compressBound(size) bytes, as the writer provides.
inline int LZ4_compress_default(const char* from, char* to, int size, int) {
    using namespace mocha_cocotb_lz4;
    // The format wants the last 5 bytes as literals and no match that begins within the last 12.
    const int lastMatch = size - 12;
    const int lastLiterals = size - 5;
    static const int bits = 12;
    int seen[1 << bits];
    for (int& place : seen) place = -1;
    char* const start = to;
    int anchor = 0;
    for (int at = 0; at <= lastMatch;) {
        const std::uint32_t word = read32(from + at);
        int& place = seen[word * 2654435761u >> (32 - bits)];
        const int earlier = place;
        place = at;
        if (earlier < 0 || at - earlier > 65535 || read32(from + earlier) != word) {
            ++at;
            continue;
        }
        int match = 4;
        while (at + match < lastLiterals && from[earlier + match] == from[at + match]) ++match;
        to = putSequence(to, from + anchor, at - anchor, at - earlier, match);
        at += match;
        anchor = at;
    }
    to = putSequence(to, from + anchor, size - anchor, 0, 0);
    return static_cast<int>(to - start);
}

#endif
