// C++ of the probe design: counts its calls in a static object, whose destructor shows that a process ended in order.
#include <cstdio>

namespace {
struct Calls {
    int count = 0;
    ~Calls() { std::printf("dpi calls %d\n", count); }
} calls;
}

extern "C" int dpi_add(int a, int b) {
    calls.count++;
    return a + b;
}

extern "C" void dpi_crash() { *static_cast<volatile int*>(nullptr) = 1; }
