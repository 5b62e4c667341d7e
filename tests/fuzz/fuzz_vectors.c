/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector files, changed in a few places: parsed, and what still is a vector is run
 * on a unit, with caches and without. Every refusal has a text with a position, and
 * both readings find the same documents, vectors and errors.
 */
#include "fuzz.h"
#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX 2000u

static const char *const samples[] = {
	"---\nname: legacy-1\narch: vtd\nbasis: spec\nabout: one page\n"
	"config: {cap: 0x80d2008c222f0606, ecap: 0xf00f4a}\n"
	"mem: [[0x1000, 0x2001], [0x2180, 0x3001], [0x2188, 0x702], [0x3000, 0x4003],\n"
	"  [0x4000, 0x5003], [0x5000, 0x6003], [0x6008, 0x7001]]\n"
	"steps:\n- {w64: [0x20, 0x1000]}\n- {w32: [0x18, 0x40000000]}\n"
	"- {r32: [0x1c, 0x40000000, 0x40000000]}\n- {w32: [0x18, 0x80000000]}\n"
	"- {dma: r, rid: 0x18, addr: 0x1234, pa: 0x7234, size: 0x1000, perm: r}\n"
	"- {dma: w, rid: 0x18, addr: 0x1234, fault: 0x5}\n"
	"- {mw64: [0x6008, 0x0]}\n- {mr64: [0x6008, 0x0]}\n"
	"- {dma: r, rid: 0x18, addr: 0x1000, either: [{pa: 0x7000}, {fault: 0x6}]}\n"
	"- {msi: []}\n",
	"---\nname: nest-1\narch: vtd\nbasis: spec\nabout: pasid\n"
	"config: {cap: 0x81d2078c402f0606, ecap: 0x33ef9ee4f050df}\n"
	"mem: [[0x1000, 0x2001], [0x2300, 0x3001f], [0x30000, 0x4001], [0x4040, 0x50c9],\n"
	"  [0x4048, 0x800007], [0x4050, 0x6000], [0x5000, 0x8003]]\n"
	"abort: [[0x6000, 0x6fff]]\n"
	"steps:\n- {w64: [0x20, 0x1400]}\n- {w32: [0x18, 0x40000000]}\n- {w32: [0x18, "
	"0x80000000]}\n"
	"- {dma: w, rid: 0x18, pasid: 0x1, addr: 0x1234, priv: 1, exec: 1, fault: any}\n"
	"- {ats: w, rid: 0x18, pasid: 0x1, addr: 0x1000, reply: empty}\n"
	"- {ats: r, rid: 0x18, addr: 0x1000, reply: ur, fault: none}\n"
	"- {pri: rw, rid: 0x18, pasid: 0x1, addr: 0x1000, group: 0x3, last: 1, reply: invalid}\n"
	"- {prg: [{rid: 0x18, pasid: 0x1, group: 0x3, code: invalid}]}\n"
	"- {dma: r, rid: 0x18, addr: 0x40005000, translated: 1, pa: 0x40005000}\n",
	"---\nname: amdvi-1\narch: amdvi\nbasis: spec\nabout: one page\n"
	"config: {efr: 0x201702f30000995b, efr2: 0x8}\n"
	"mem: [[0x10500, 0x6000000000012603], [0x10508, 0x100000003],\n"
	"  [0x12008, 0x6000000000013401], [0x13000, 0x6000000000014201],\n"
	"  [0x14000, 0x6000000005000001], [0x14008, 0x200000000600fe01]]\n"
	"steps:\n- {w64: [0x0, 0x10000]}\n- {w64: [0x8, 0x800000000020000]}\n"
	"- {w64: [0x10, 0x800000000021000]}\n- {w64: [0x38, 0x800000000022000]}\n"
	"- {w64: [0x18, 0xf005]}\n"
	"- {dma: r, rid: 0x28, addr: 0x40000010, pa: 0x5000010, size: 0x1000, perm: rw}\n"
	"- {dma: w, rid: 0x28, addr: 0x40001000, fault: 0x2}\n"
	"- {mr64: [0x21000, 0x2070000300000028]}\n- {r64: [0x2018, 0x10]}\n"
	"- {mw64: [0x20000, 0x3000000300000000]}\n- {mw64: [0x20008, 0x7ffffffffffff003]}\n"
	"- {mw64: [0x20010, 0x1000000000030001]}\n- {mw64: [0x20018, 0x7]}\n"
	"- {w32: [0x2008, 0x20]}\n- {mr64: [0x30000, 0x7]}\n"
	"- {ats: w, rid: 0x28, addr: 0x40001000, pa: 0x6000000, size: 0x20000}\n"
	"- {pri: rw, rid: 0x28, addr: 0x1000, group: 0x3, last: 1}\n"
	"- {mr64: [0x22000, 0x28, 0xffff]}\n- {prg: []}\n",
	"---\nname: smmuv3-1\narch: smmuv3\nbasis: spec\nabout: a stall\n"
	"config: {idr0: 0x0c44101b, idr1: 0x02730010, idr3: 0x1414, idr5: 0x100074}\n"
	"mem: [[0x10a00, 0x1100b], [0x10a08, 0x100000000000], [0x11000, 0x1f204c0000010],\n"
	"  [0x11008, 0x12000], [0x12000, 0x13003], [0x13008, 0x14003], [0x14000, 0x15003],\n"
	"  [0x15000, 0x5000c43]]\n"
	"steps:\n- {w64: [0x80, 0x10000]}\n- {w32: [0x88, 0x8]}\n- {w64: [0x90, 0x20008]}\n"
	"- {w64: [0xa0, 0x22007]}\n- {w32: [0x20, 0xd]}\n- {r32: [0x24, 0xd]}\n"
	"- {dma: r, rid: 0x28, addr: 0x40000010, pa: 0x5000010, size: 0x1000, perm: rwx}\n"
	"- {dma: r, rid: 0x28, addr: 0x40002000, stall: 0x0}\n"
	"- {dma: w, rid: 0x28, addr: 0x40003000, stall: 0x1}\n"
	"- {mr64: [0x22000, 0x2800000010]}\n- {mw64: [0x15010, 0x6000c43]}\n"
	"- {mw64: [0x20000, 0x2800001044]}\n- {mw64: [0x20010, 0x2800000045]}\n"
	"- {w32: [0x98, 0x2]}\n- {r32: [0x9c, 0x2]}\n"
	"- {resumed: [{tag: 0x0, pa: 0x6000000}, {tag: 0x1, end: abort}]}\n"
	"- {dma: r, rid: 0x30, addr: 0x0, fault: 0x4}\n- {prg: []}\n",
};

struct vectors {
	struct vec_runner with, without;
	char text[INPUT_MAX + 1];
};

/* What came of one reading of an input, to be compared with another. */
struct reading {
	unsigned documents, vectors;
	struct ytree_error error;
};

static const char *run_vector(struct vec_runner *runner, const struct vector *vector)
{
	struct vec_failure failure = {0};

	if (!vec_run(runner, vector, &failure) && !failure.found[0] && !failure.expected[0])
		return "a vector failed without a text";
	return NULL;
}

static const char *read_text(struct vectors *v, struct vec_runner *runner, size_t size,
			     struct reading *reading)
{
	const struct ytree_node *document = NULL;
	const char *broken = NULL;
	struct ytree *tree;
	struct arena arena = {0};
	struct vector vector;

	*reading = (struct reading){0};
	if (ytree_open_text("input", v->text, size, &tree, &reading->error))
		return reading->error.text[0] ? NULL : "an error without text";
	while (!broken && reading->documents < 64 && ytree_next(tree, &document) == 0 && document) {
		reading->documents++;
		vector = (struct vector){0};
		if (vec_parse(tree, document, &arena, &vector) == 0) {
			reading->vectors++;
			broken = run_vector(runner, &vector);
		} else if (!ytree_failed(tree) || !reading->error.text[0]) {
			broken = "a vector was refused without a text";
		} else if (strncmp(reading->error.text, "input:", 6) != 0) {
			broken = "an error does not say where";
		}
		ytree_forgive(tree);
		arena_clear(&arena);
	}
	arena_free(&arena);
	ytree_close(tree);
	return broken;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct vectors *v = state;
	struct reading with, without;
	const char *broken;

	memcpy(v->text, data, size);
	v->text[size] = '\0';
	broken = read_text(v, &v->with, size, &with);
	if (!broken)
		broken = read_text(v, &v->without, size, &without);
	if (broken)
		return broken;
	if (with.documents != without.documents || with.vectors != without.vectors ||
	    strcmp(with.error.text, without.error.text) != 0)
		return "a second reading differs";
	return NULL;
}

static void finish(void *state)
{
	struct vectors *v = state;

	vec_runner_fini(&v->with);
	vec_runner_fini(&v->without);
	free(v);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct vectors *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		seeds[(*n_seeds)++] =
			(struct fuzz_seed){(const uint8_t *)samples[i], strlen(samples[i])};
	if (vec_runner_init(&v->with, VEC_CACHES_LARGE) == 0 &&
	    vec_runner_init(&v->without, VEC_CACHES_OFF) == 0)
		return v;
	finish(v);
	return NULL;
}

const struct fuzz_target fuzz_target = {
	.name = "vectors",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
