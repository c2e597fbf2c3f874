// Lets a fork of a Verilator simulation that has not begun yet go on as if it had just been started.
// Linked into every Verilator build of mocha-cocotb, exported from the executable, and called from Python by ctypes.
#include "verilated.h"

#include <cstring>
#include <vector>

extern "C" {

// Threads that evaluate the model: with more than one, the model itself holds a thread pool, which a fork would lose.
unsigned mocha_cocotb_model_threads() { return Verilated::threadContextp()->threadsInModels(); }

// Verilator starts a thread pool even for a single-threaded model, whose destructor would wait for ever in a fork. Without
// threads in the model nobody asks for the pool again.
void mocha_cocotb_end_threads() { Verilated::threadContextp()->prepareClone(); }

// The fork's own command line: plusargs, seed of $urandom, name of the coverage file. Each argument ends with a NUL.
void mocha_cocotb_command_args(int argc, const char* arguments) {
    std::vector<const char*> argv;
    for (int i = 0; i < argc; ++i, arguments += std::strlen(arguments) + 1) argv.push_back(arguments);
    Verilated::threadContextp()->commandArgs(argc, argv.data());
}

}
