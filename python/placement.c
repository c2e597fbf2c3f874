// Puts next to each other the Python objects that forks of a server of warm starts write to.
//
// A fork copies every page that it writes to, and Python writes to an object even to look at it, for it counts references. A short
// simulation writes to some 500 KB of the 20 MB that Python and cocotb take, spread over 1,600 pages: half of what it costs.
//
// Objects can't be moved, so they are put together when they are allocated. An allocation is known again in the next server by its
// size and those of the allocations before it. In which of them forks write is found out in stages, by what the kernel says of pages:
//   record  remember all allocations; a fork reports those on pages that it has written to
//   spread  have those on pages apart from each other, and a fork report again
//   pack    have what is left on as few pages as it needs, and behind it what is allocated when all is loaded
//
// Python's arenas come from C's heap meanwhile: in one piece the kernel can make large pages of them (pages.py).
//
// Started by cocotb's GPI as one of its users (GPI_USERS), before Python is initialized. An error here leaves Python's memory alone.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// PyMemAllocatorEx and the domains of which the GIL protects the functions (Include/cpython/pymem.h).
struct allocator {
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *address, size_t size);
    void (*free)(void *context, void *address);
};
enum { DOMAIN_MEM = 1, DOMAIN_OBJ = 2 };
void PyMem_GetAllocator(int domain, struct allocator *allocator);
void PyMem_SetAllocator(int domain, struct allocator *allocator);
// PyObjectArenaAllocator, of the memory that Python's allocator has for small objects.
struct arena_allocator {
    void *context;
    void *(*alloc)(void *context, size_t size);
    void (*free)(void *context, void *arena, size_t size);
};
void PyObject_GetArenaAllocator(struct arena_allocator *allocator);
void PyObject_SetArenaAllocator(struct arena_allocator *allocator);
const char *Py_GetVersion(void);

static enum { RECORD, SPREAD, PACK } stage;
static enum { LOADING, SERVING, FORKED } phase;
static char folder[4096];
static const char *heap_begin, *heap_end;  // as it grew between Python's start and the fork
// Asked for each allocation, so it must cost nothing.
static __thread bool is_main_thread __attribute__((tls_model("initial-exec")));
static uintptr_t page_size;

static void *map(size_t size) {
    void *address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return address == MAP_FAILED ? NULL : address;
}

// ---- What an allocation is known by

#define HISTORY 24
static const uint64_t factor = 0x9E3779B97F4A7C15;
static uint64_t history[HISTORY], oldest_factor = 1, rolling;
static unsigned history_next;

static uint64_t next_key(size_t size) {
    uint64_t step = (size + 15) / 16 + 1;
    rolling = rolling * factor + step - history[history_next] * oldest_factor;
    history[history_next] = step;
    history_next = (history_next + 1) % HISTORY;
    uint64_t key = rolling ^ rolling >> 32;
    return key * factor | 1;
}

// ---- The keys of the allocations to be placed

static uint64_t *keys;  // a hash table; 0 is no key
static size_t keys_mask, keys_count;

static bool contains(uint64_t key) {
    for (size_t at = key >> 8 & keys_mask; keys[at] != 0; at = (at + 1) & keys_mask)
        if (keys[at] == key) return true;
    return false;
}

static bool read_keys(const char *name) {
    char path[sizeof folder + 16];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    fseek(file, 0, SEEK_END);
    size_t capacity = 1024;
    while (capacity < (size_t)ftell(file) / sizeof(uint64_t) * 2) capacity *= 2;
    rewind(file);
    keys_mask = capacity - 1;
    keys = map(capacity * sizeof *keys);
    uint64_t key;
    while (keys != NULL && fread(&key, sizeof key, 1, file) == 1) {
        if (key == 0 || contains(key)) continue;
        size_t at = key >> 8 & keys_mask;
        while (keys[at] != 0) at = (at + 1) & keys_mask;
        keys[at] = key;
        keys_count++;
    }
    fclose(file);
    return keys != NULL;
}

// ---- Where they are placed: blocks of 16 bytes' multiples, each after eight bytes with its size

#define HEADER 8
#define PACKED_ZONE ((size_t)4 << 20)
#define SPREAD_PAGES ((size_t)192 << 20)
#define SPREAD_ZONE ((size_t)256 << 20)
#define CLASSES 64

static char *zone, *zone_end, *zone_next, *page_end;
static size_t candidates_per_page, candidates_on_page;
static void *freed[CLASSES];  // by size; each begins with the address of the next

static bool make_zone(size_t size) {
    zone = map(size);
    if (zone == NULL) return false;
    // Forks write to pages here and there: the first to do so would have to split a large one.
    madvise(zone, size, MADV_NOHUGEPAGE);
    zone_end = zone + size;
    zone_next = zone + HEADER;
    page_end = zone;
    return true;
}

static bool in_zone(const void *address) { return (const char *)address >= zone && (const char *)address < zone_end; }

static size_t block_size(const void *address) { return *(const size_t *)((const char *)address - HEADER); }

// Whole pages for so many candidates, or for one that is larger.
static bool begin_page(size_t size) {
    char *page = page_end;
    size_t pages = (HEADER + HEADER + size + page_size - 1) / page_size;
    if (page + pages * page_size > zone_end) return false;
    page_end = page + pages * page_size;
    zone_next = page + HEADER;
    candidates_on_page = 0;
    return true;
}

static void *place(size_t wanted) {
    if (wanted > PACKED_ZONE) return NULL;
    // All but the header of a multiple of 16, so that the next block is aligned, too.
    size_t size = (wanted + HEADER + 15) / 16 * 16 - HEADER;
    size_t class = size / 16;
    if (stage == PACK && class < CLASSES && freed[class] != NULL) {
        void *address = freed[class];
        freed[class] = *(void **)address;
        return address;
    }
    if (stage == SPREAD && (candidates_on_page == candidates_per_page || zone_next + HEADER + size > page_end))
        if (!begin_page(size)) return NULL;
    if (zone_next + HEADER + size > zone_end) return NULL;
    char *address = zone_next + HEADER;
    zone_next = address + size;
    candidates_on_page++;
    *(size_t *)(address - HEADER) = size;
    return address;
}

static void take_back(void *address) {
    size_t class = block_size(address) / 16;
    if (class >= CLASSES) return;
    *(void **)address = freed[class];
    freed[class] = address;
}

// ---- Which allocations there are, while that is being found out

struct record {
    uintptr_t address;  // 0: no record
    size_t size;
    uint64_t key;
};
static struct record *records;  // a hash table
static size_t records_mask, records_count;

static size_t record_home(uintptr_t address) { return (address >> 4) * factor >> 32 & records_mask; }

static bool make_records(size_t capacity) {
    records_mask = capacity - 1;
    records = map(capacity * sizeof *records);
    return records != NULL;
}

static void insert_record(struct record record) {
    size_t at = record_home(record.address);
    while (records[at].address != 0) at = (at + 1) & records_mask;
    records[at] = record;
}

static void remember(void *address, size_t size, uint64_t key) {
    if (records == NULL) return;
    if (records_count++ > records_mask / 2) {
        struct record *old = records;
        size_t count = records_mask + 1;
        if (!make_records(count * 2)) return;
        for (size_t at = 0; at < count; at++)
            if (old[at].address != 0) insert_record(old[at]);
        munmap(old, count * sizeof *old);
    }
    insert_record((struct record){(uintptr_t)address, size, key});
}

static void forget(const void *address) {
    if (records == NULL) return;
    size_t hole = record_home((uintptr_t)address);
    while (records[hole].address != (uintptr_t)address) {
        if (records[hole].address == 0) return;
        hole = (hole + 1) & records_mask;
    }
    records_count--;
    // Those behind it must not be cut off from where their search begins.
    for (size_t at = (hole + 1) & records_mask; records[at].address != 0; at = (at + 1) & records_mask) {
        size_t home = record_home(records[at].address);
        if (((at - home) & records_mask) < ((at - hole) & records_mask)) continue;
        records[hole] = records[at];
        hole = at;
    }
    records[hole].address = 0;
}

// ---- Python's allocator around its usual one, which is the context

static bool is_recording(void) { return stage != PACK && phase != FORKED && is_main_thread; }

// Only the main thread places, so that a thread or an interpreter with a GIL of its own needs no lock.
static void *allocate_placed(size_t size, uint64_t *key) {
    if (!is_main_thread) return NULL;
    if (phase != LOADING && stage == PACK) return size / 16 < CLASSES - 1 ? place(size) : NULL;
    if (phase == FORKED) return NULL;
    *key = next_key(size);
    return stage != RECORD && contains(*key) ? place(size) : NULL;
}

// What there was before the fork is not given back: that would write to it, and frees nothing, for the server has it still.
// Mappings may lie on either side of the heap (setarch -L, vm.legacy_va_layout).
static bool is_shared(const void *address) {
    return phase == FORKED && (const char *)address >= heap_begin && (const char *)address < heap_end;
}

static void *allocate(void *context, size_t size) {
    struct allocator *usual = context;
    uint64_t key = 0;
    void *address = allocate_placed(size, &key);
    if (address == NULL) address = usual->malloc(usual->context, size);
    if (address != NULL && is_recording()) remember(address, size, key);
    return address;
}

static void *allocate_zeroed(void *context, size_t count, size_t size) {
    struct allocator *usual = context;
    uint64_t key = 0;
    size_t all;
    if (__builtin_mul_overflow(count, size, &all)) return NULL;
    void *address = allocate_placed(all, &key);
    // The usual one's may be zeroes that take no memory before they are written to.
    address = address == NULL ? usual->calloc(usual->context, count, size) : memset(address, 0, all);
    if (address != NULL && is_recording()) remember(address, all, key);
    return address;
}

static void release(void *context, void *address) {
    struct allocator *usual = context;
    if (address == NULL) return;
    if (is_recording()) forget(address);
    if (in_zone(address)) {
        if (is_main_thread) take_back(address);
    } else if (!is_shared(address)) {
        usual->free(usual->context, address);
    }
}

static void *resize(void *context, void *address, size_t size) {
    struct allocator *usual = context;
    if (address == NULL) return allocate(context, size);
    if (in_zone(address)) {
        size_t old = block_size(address);
        if (phase == FORKED && size <= old && size > old / 2) return address;
        void *moved = allocate(context, size);
        if (moved == NULL) return NULL;
        memcpy(moved, address, old < size ? old : size);
        release(context, address);
        return moved;
    }
    // How large it is, only the usual allocator knows.
    uint64_t key = 0;
    void *placed = allocate_placed(size, &key);
    if (is_recording()) forget(address);
    void *moved = usual->realloc(usual->context, address, size);
    if (moved == NULL) {
        if (placed != NULL) take_back(placed);
        return NULL;
    }
    if (placed != NULL) {
        memcpy(placed, moved, size);
        usual->free(usual->context, moved);
        moved = placed;
    }
    if (is_recording()) remember(moved, size, key);
    return moved;
}

static struct arena_allocator usual_arenas;

static void *allocate_arena(void *context, size_t size) {
    return phase == FORKED ? usual_arenas.alloc(context, size) : malloc(size);
}

static void release_arena(void *context, void *arena, size_t size) {
    if (phase != FORKED)
        free(arena);
    else if (!is_shared(arena))
        usual_arenas.free(context, arena, size);
}

static void take_arenas_from_heap(void) {
    // Pieces no larger than one that was given back come from the heap from then on. To say so with mallopt would be for ever: each
    // large piece of a simulation would be mapped, and cleared by the kernel, anew.
    void *volatile large = malloc(2 << 20);
    free(large);
    PyObject_GetArenaAllocator(&usual_arenas);
    struct arena_allocator ours = {usual_arenas.context, allocate_arena, release_arena};
    PyObject_SetArenaAllocator(&ours);
}

// ---- The rest of C's heap

// What a fork allocates there would lie in holes that loading has left here and there, each on a page to be copied.
static void fill_holes_of(size_t size, const char *behind_all) {
    for (;;) {
        char *volatile piece = malloc(size);
        if (piece != NULL && piece < behind_all) continue;
        free(piece);
        return;
    }
}

// ---- What is called from outside

// A user of cocotb's GPI. MOCHA_COCOTB_PLACEMENT has the stage and the folder of what was found out before, parted by a space.
void mocha_cocotb_place(void) {
    const char *setting = getenv("MOCHA_COCOTB_PLACEMENT");
    char name[8];
    if (setting == NULL || sscanf(setting, "%7s %4095[^\n]", name, folder) != 2) return;
    // Its objects come from an allocator of its own.
    if (strstr(Py_GetVersion(), "free-threading") != NULL) return;
    is_main_thread = true;
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int step = 0; step < HISTORY; step++) oldest_factor *= factor;
    if (strcmp(name, "record") == 0) {
        stage = RECORD;
    } else if (strcmp(name, "spread") == 0) {
        stage = SPREAD;
        if (!read_keys("candidates") || !make_zone(SPREAD_ZONE)) return;
        candidates_per_page = keys_count / (SPREAD_PAGES / page_size) + 1;
    } else {
        stage = PACK;
        if (!read_keys("written") || !make_zone(PACKED_ZONE)) return;
    }
    if (stage != PACK && !make_records(1 << 18)) return;
    static struct allocator usual[DOMAIN_OBJ + 1];
    for (int domain = DOMAIN_MEM; domain <= DOMAIN_OBJ; domain++) {
        PyMem_GetAllocator(domain, &usual[domain]);
        struct allocator ours = {&usual[domain], allocate, allocate_zeroed, resize, release};
        PyMem_SetAllocator(domain, &ours);
    }
    heap_begin = sbrk(0);
    take_arenas_from_heap();
}

// Around what all forks will have: only of that something is found out.
void mocha_cocotb_load(bool is_loading) { phase = is_loading ? LOADING : SERVING; }

// When all is loaded. The holes are some 300 KB, and stay filled.
void mocha_cocotb_fill_holes(void) {
    const size_t none_so_large = (size_t)1 << 20, few_so_large = (size_t)64 << 10;
    char *volatile behind_all = malloc(none_so_large);
    free(behind_all);
    // Another malloc, or one that was told to map such pieces.
    if (heap_begin == NULL || behind_all < heap_begin || behind_all >= (char *)sbrk(0)) return;
    for (size_t size = none_so_large; size > few_so_large; size /= 2) fill_holes_of(size, behind_all);
    for (size_t size = few_so_large; size > 0; size -= 16) fill_holes_of(size, behind_all);
}

// In a fork, first of all.
void mocha_cocotb_begin_fork(void) {
    phase = FORKED;
    heap_end = sbrk(0);
}

static bool is_own(int pages, uintptr_t page) {
    // Documentation/admin-guide/mm/pagemap.rst: bit 63 page present, bit 56 page exclusively mapped.
    const uint64_t present = (uint64_t)1 << 63, exclusive = (uint64_t)1 << 56;
    uint64_t entry;
    if (pread(pages, &entry, sizeof entry, (off_t)(page * sizeof entry)) != sizeof entry) return false;
    return (entry & present) && (entry & exclusive);
}

// In a fork, last of all, before the next stage: write down which allocations are on pages that it has written to. Whether it did.
bool mocha_cocotb_report_written(void) {
    if (records == NULL) return false;
    uint64_t *found = map((records_mask + 1) * sizeof *found);
    if (found == NULL) return false;
    int pages = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    size_t count = 0;
    for (size_t at = 0; at <= records_mask; at++) {
        struct record record = records[at];
        if (record.address == 0 || (stage == SPREAD && !in_zone((void *)record.address))) continue;
        bool written = false;
        uintptr_t last = (record.address + record.size - (record.size > 0)) / page_size;
        for (uintptr_t page = record.address / page_size; page <= last; page++)
            written = written || is_own(pages, page);
        if (written) found[count++] = record.key;
    }
    if (pages >= 0) close(pages);
    if (count == 0) return false;
    // Once more, if that is likely to part more of them.
    bool is_last = stage == SPREAD && (candidates_per_page == 1 || count > keys_count / 2);
    char draft[sizeof folder + 32], path[sizeof folder + 16];
    snprintf(draft, sizeof draft, "%s/%d.draft", folder, (int)getpid());
    snprintf(path, sizeof path, "%s/%s", folder, is_last ? "written" : "candidates");
    // All at once: who is killed meanwhile, as at Ctrl-C, would leave it behind.
    FILE *file = fopen(draft, "we");
    if (file == NULL) return false;
    bool is_whole = fwrite(found, sizeof *found, count, file) == count;
    bool is_written = fclose(file) == 0 && is_whole && rename(draft, path) == 0;
    if (!is_written) unlink(draft);
    return is_written;
}
