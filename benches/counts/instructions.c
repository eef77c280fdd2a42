// A plugin of QEMU 7.2 (Debian 12's qemu-user) that counts the instructions that an aarch64 program executes: all, those that
// multiply and add vectors (fmla, fmul and fmls of four numbers), those that read or write memory; or the blocks that take the most.
//
//   gcc -shared -fPIC -O2 -o instructions.so instructions.c
//   qemu-aarch64 -plugin ./instructions.so PROGRAM ..             a line on stderr: all, of vectors, of memory
//   qemu-aarch64 -plugin ./instructions.so,blocks=10 PROGRAM ..   and the ten blocks, with their first addresses
//
// Debian has no package of `qemu-plugin.h`; what of it is needed is declared here, as QEMU 7.2 has it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
const char *qemu_plugin_insn_symbol(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int, void *, uint64_t);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

struct block {
  struct block *next;
  uint64_t at, times, all, vector, memory;
  const char *symbol;
};
static struct block *blocks;
static size_t count, shown;

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb) {
  struct block *block = calloc(1, sizeof *block);
  block->next = blocks;
  blocks = block;
  count++;
  block->at = qemu_plugin_tb_vaddr(tb);
  block->all = qemu_plugin_tb_n_insns(tb);
  block->symbol = qemu_plugin_insn_symbol(qemu_plugin_tb_get_insn(tb, 0));
  for (size_t i = 0; i < block->all; i++) {
    uint32_t code;
    memcpy(&code, qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i)), 4);
    // fmla and fmls by a vector, by a lane; fmul by either.
    block->vector += (code & 0xff60fc00) == 0x4e20cc00 || (code & 0xffc0b400) == 0x4f801000 ||
                     (code & 0xffe0fc00) == 0x6e20dc00 || (code & 0xffc0f400) == 0x4f809000;
    block->memory += (code >> 25 & 5) == 4;
  }
  qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64, &block->times, 1);
}

static int by_instructions(const void *a, const void *b) {
  const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
  uint64_t of_x = x->all * x->times, of_y = y->all * y->times;
  return of_x < of_y ? 1 : -(of_x > of_y);
}

static void ended(qemu_plugin_id_t id, void *unused) {
  uint64_t all = 0, vector = 0, memory = 0;
  struct block **sorted = malloc(count * sizeof *sorted);
  size_t n = 0;
  for (struct block *b = blocks; b; b = b->next) {
    sorted[n++] = b;
    all += b->times * b->all;
    vector += b->times * b->vector;
    memory += b->times * b->memory;
  }
  qsort(sorted, n, sizeof *sorted, by_instructions);
  for (size_t i = 0; i < shown && i < n; i++) {
    const struct block *b = sorted[i];
    fprintf(stderr, "%#lx %lu times %lu (vectors %lu, memory %lu) %s\n", b->at, b->times, b->all, b->vector, b->memory,
            b->symbol ? b->symbol : "");
  }
  fprintf(stderr, "instructions %lu %lu %lu\n", all, vector, memory);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
  if (argc > 0 && strncmp(argv[0], "blocks=", 7) == 0) shown = strtoul(argv[0] + 7, 0, 10);
  qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
  qemu_plugin_register_atexit_cb(id, ended, 0);
  return 0;
}
