// The two functions of zlib that Verilator's FST writer calls, for machines without zlib's development files.
// Nothing is compressed: the writer keeps the original of what didn't become smaller.
#ifndef MOCHA_COCOTB_ZLIB_H
#define MOCHA_COCOTB_ZLIB_H

typedef unsigned char Bytef;
typedef unsigned long uLong;
typedef unsigned long uLongf;

enum { Z_OK = 0 };

inline uLong compressBound(uLong size) { return size + 1; }

// Leaves the length at its bound, which is more than the original's.
inline int compress2(Bytef*, uLongf*, const Bytef*, uLong, int) { return Z_OK; }

#endif
