/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conformance vectors: experiments on one unit with their expected outcome, as
 * YAML documents. A document is parsed into a `struct vector` (vectors_parse.c),
 * run against a unit through the public interface alone (vectors_run.c, with the
 * judging in vectors_judge.c), and told of (report.c).
 */
#ifndef SIM_VECTORS_H
#define SIM_VECTORS_H

#include "arena.h"
#include "caches.h"
#include "yaml_tree.h"

#include <ioasim/ioasim.h>

enum vec_kind {
	VEC_WRITE, /* w32 w64 */
	VEC_READ, /* r32 r64 */
	VEC_STORE, /* mw64 */
	VEC_LOAD, /* mr64 */
	VEC_DMA,
	VEC_ATS,
	VEC_PAGE_REQUEST, /* pri */
	VEC_PAGE_RESPONSES, /* prg */
	VEC_RESUMED,
	VEC_INTERRUPTS, /* msi */
};

enum vec_fault { VEC_FAULT_UNJUDGED, VEC_FAULT_CODE, VEC_FAULT_ANY, VEC_FAULT_NONE };
enum vec_end { VEC_END_UNJUDGED, VEC_END_ABORT, VEC_END_RAZWI };
enum vec_reply {
	VEC_REPLY_UNJUDGED,
	VEC_REPLY_EMPTY,
	VEC_REPLY_UR,
	VEC_REPLY_CA,
	VEC_REPLY_SUCCESS,
	VEC_REPLY_INVALID,
	VEC_REPLY_FAILURE,
};

/* One outcome that a step accepts. Members without a has_ are judged where they are
 * not 0 (UNJUDGED). */
struct vec_answer {
	bool has_pa, has_size, has_perm, has_stall;
	uint8_t fault; /* enum vec_fault */
	uint8_t end; /* enum vec_end */
	uint8_t reply; /* enum vec_reply */
	uint8_t perm; /* enum ioasim_access */
	uint8_t words; /* of `record`; 0: not judged */
	uint16_t stall; /* tag */
	uint32_t code; /* VEC_FAULT_CODE */
	uint64_t pa, size;
	uint64_t record[4];
};

/* Of a resumed step: what became of the transaction with this tag. */
struct vec_resumed {
	uint16_t tag;
	struct vec_answer answer;
};

struct vec_interrupt {
	uint64_t address;
	uint32_t data;
};

struct vec_step {
	uint8_t kind; /* enum vec_kind */
	uint8_t size; /* of a register: 4 or 8 */
	uint32_t line, column;
	uint32_t count; /* of answers (0: nothing is judged), responses, ... */
	union {
		struct {
			uint64_t address, value, mask; /* VEC_WRITE .. VEC_LOAD */
		};
		struct {
			struct ioasim_request request; /* VEC_DMA, VEC_ATS */
			const struct vec_answer *dma_answers;
		};
		struct {
			struct ioasim_page_request page_request;
			const struct vec_answer *page_answer;
		};
		const struct ioasim_page_response *responses;
		const struct vec_resumed *resumed;
		const struct vec_interrupt *interrupts;
	};
};

/* A name and value of `config`, a word of `mem`, a range of `abort`. */
struct vec_value {
	const char *name;
	uint64_t value;
};

struct vec_pair {
	uint64_t first, second;
};

struct vector {
	const char *name; /* "(unnamed)" until it is known */
	const char *arch, *basis, *about;
	uint32_t line;
	struct vec_value *config;
	struct vec_pair *words;
	struct vec_pair *aborts;
	struct vec_step *steps;
	uint32_t n_config, n_words, n_aborts, n_steps;
};

/*
 * Makes a vector of a document. All of it lies in the arena and the document. On
 * an error (-EINVAL, with the text in the tree's error) name and line are filled
 * as far as they could be read.
 */
int vec_parse(struct ytree *tree, const struct ytree_node *document, struct arena *arena,
	      struct vector *vector);

/* ---- Running ------------------------------------------------------------------ */

#define VEC_TEXT_SIZE 512

/* Why a vector failed. */
struct vec_failure {
	unsigned step; /* from 1; 0: before the first */
	uint32_t line, column;
	char expected[VEC_TEXT_SIZE]; /* "" where `found` says all */
	char found[VEC_TEXT_SIZE];
};

/* The end of a stalled transaction. */
struct vec_heard_end {
	uint16_t tag;
	struct ioasim_response response;
};

/* What the unit has said since it was last asked; owned by struct vec_run. */
struct vec_heard {
	struct ioasim_page_response *responses;
	struct vec_interrupt *interrupts;
	struct vec_heard_end *ends;
	uint32_t n_responses, n_interrupts, n_ends;
	uint32_t room_responses, room_interrupts, room_ends;
	bool lost; /* no host memory to note something */
};

/* Runs vectors one after the other on one memory. */
struct vec_runner {
	struct ioasim_memory *memory;
	enum caches caches;
	/* Called with `opaque` for every entry that a unit reads. May be NULL. */
	void (*fetch)(void *opaque, const struct ioasim_fetch *fetch);
	void *opaque;
};

int vec_runner_init(struct vec_runner *runner, enum caches caches);
void vec_runner_fini(struct vec_runner *runner);

/* A vector under way. */
struct vec_run {
	struct vec_runner *runner;
	const struct vector *vector;
	struct ioasim_unit *unit;
	struct ioasim_unit_config config;
	struct vec_heard heard;
	struct ioasim_response response; /* of the last VEC_DMA or VEC_ATS step */
};

/* Builds unit and memory. False: *failure says why; nothing is to be ended then. */
bool vec_run_begin(struct vec_run *run, struct vec_runner *runner, const struct vector *vector,
		   struct vec_failure *failure);
/* Runs the n-th step (from 0); all before it have been run, whatever came of them. */
bool vec_run_step(struct vec_run *run, uint32_t n, struct vec_failure *failure);
void vec_run_end(struct vec_run *run);

/* All of it, up to the first step that fails. */
bool vec_run(struct vec_runner *runner, const struct vector *vector, struct vec_failure *failure);

/* ---- Judging ------------------------------------------------------------------- */

/* Each false with `expected` and `found` filled if the step does not hold. */
bool vec_judge_response(const struct vec_run *run, const struct vec_step *step,
			struct vec_failure *failure);
bool vec_judge_page_request(const struct vec_run *run, const struct vec_step *step,
			    const struct ioasim_page_request_result *result,
			    struct vec_failure *failure);
/* What was heard since the last such step, which is then forgotten. */
bool vec_judge_heard(struct vec_run *run, const struct vec_step *step, struct vec_failure *failure);

#endif
