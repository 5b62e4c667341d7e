/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine files, changed in a few places. A file that is refused has a message
 * that names it; of one that is taken the effective machine, written out, is taken
 * again and gives the same text; and a unit can be built of it or is refused with
 * a sentence.
 */
#include "cmd.h"
#include "fuzz.h"
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX 4000u

struct machines {
	int input; /* a file in memory */
	char input_path[64];
	char *seed; /* the defaults, written out */
	struct ioasim_memory *memory;
};

static const char sample[] = "arch: vtd\n"
			     "capabilities:\n  cap: 0x80d2008c222f0606\n  ecap: 0xf00f4a\n"
			     "caches:\n  iotlb: {entries: 512, ways: 8, policy: plru}\n"
			     "  device: {entries: 7, ways: 0, policy: random, seed: 3}\n"
			     "timing: {memory_ns: 80ns, command_ns: 1us}\n"
			     "driver: {policy: lazy, deadline_ns: 10ms}\n";

static bool put_input(const struct machines *m, const void *data, size_t size)
{
	return ftruncate(m->input, 0) == 0 && pwrite(m->input, data, size, 0) == (ssize_t)size;
}

/* Loads what is in the input; `said` gets whether anything was complained about. */
static int load(const struct machines *m, struct machine *machine, bool *said)
{
	struct machine_source source = {.path = m->input_path};
	struct message message;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int status;

	if (!stream)
		return CMD_OUTPUT;
	message_init(&message, stream);
	status = machine_load(machine, &source, &message);
	fclose(stream);
	*said = text && strstr(text, m->input_path);
	free(text);
	return status;
}

static char *dump(const struct machine *machine)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	machine_dump(machine, stream);
	fclose(stream);
	return text;
}

/* Small ones only: a cache of a million entries is right, but takes its time. */
static const char *build(const struct machines *m, const struct machine *machine)
{
	struct ioasim_unit *unit = NULL;
	const char *why = NULL;

	for (unsigned i = 0; i < IOASIM_CACHES; i++)
		if (machine->unit.cache[i].entries > 4096)
			return NULL;
	if (ioasim_unit_create(&machine->unit, m->memory, &unit, &why))
		return why ? NULL : "a unit was refused without a reason";
	ioasim_unit_destroy(unit);
	return NULL;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct machines *m = state;
	struct machine first, second;
	char *text, *again = NULL;
	const char *broken = NULL;
	bool said;

	if (!put_input(m, data, size))
		return "the input cannot be stored";
	switch (load(m, &first, &said)) {
	case CMD_OK:
		break;
	case CMD_INPUT:
		return said ? NULL : "a file was refused without a message that names it";
	default:
		return "a file gives another status than 0 and 3";
	}
	text = dump(&first);
	if (!text || !put_input(m, text, strlen(text)) || load(m, &second, &said))
		broken = "a machine that was written out is refused";
	else if (!(again = dump(&second)) || strcmp(text, again) != 0)
		broken = "a machine that was written out reads differently";
	else
		broken = build(m, &first);
	free(text);
	free(again);
	return broken;
}

static void finish(void *state)
{
	struct machines *m = state;

	close(m->input);
	free(m->seed);
	ioasim_memory_destroy(m->memory);
	free(m);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct machines *m = calloc(1, sizeof(*m));
	struct machine machine;

	if (!m)
		return NULL;
	m->input = memfd_create("fuzz-input", MFD_CLOEXEC);
	m->memory = ioasim_memory_create();
	snprintf(m->input_path, sizeof(m->input_path), "/proc/self/fd/%d", m->input);
	machine_default(&machine, arch_find("vtd"));
	m->seed = dump(&machine);
	if (m->input < 0 || !m->memory || !m->seed) {
		finish(m);
		return NULL;
	}
	seeds[(*n_seeds)++] = (struct fuzz_seed){(const uint8_t *)m->seed, strlen(m->seed)};
	seeds[(*n_seeds)++] = (struct fuzz_seed){(const uint8_t *)sample, sizeof(sample) - 1};
	return m;
}

const struct fuzz_target fuzz_target = {
	.name = "machine",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
