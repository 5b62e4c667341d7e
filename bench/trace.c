/* SPDX-License-Identifier: Apache-2.0 */
/* Writing, reading and replaying traces. */
#include "bench.h"

#include "trace.h"
#include "vtd/registers.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGES    256u
#define PAGE     0x1000u
#define RECORDS  (UINT64_C(2) << 20)
#define REPLAYED (UINT64_C(8) << 20)

/* A file of this run, in the directory of the build. */
static void file_name(char name[PATH_MAX], const char *what)
{
	const char *directory = getenv("BENCH_DIR");

	snprintf(name, PATH_MAX, "%s/%s-%ld.dmat", directory ? directory : "/tmp", what,
		 (long)getpid());
}

/* ---- A hit-dominated trace -------------------------------------------------- */

/* Sets up a unit as the recorded driver left it: memory, then registers. */
static int put_setup(struct trace_writer *writer, const struct bench_machine *machine)
{
	const struct {
		uint32_t offset;
		uint8_t size;
		uint64_t value;
	} registers[] = {
		{VTD_RTADDR, 8, machine->rtaddr},
		{VTD_GCMD, 4, FIELD_MASK(VTD_GCMD_SRTP)},
		{VTD_GCMD, 4, FIELD_MASK(VTD_GCMD_TE)},
	};
	int rc = 0;

	for (uint64_t pa = 0; pa < machine->used && !rc; pa += 8) {
		struct trace_record word = {
			.kind = TRACE_MEMORY, .pasid = TRACE_NO_PASID, .address = pa};

		memcpy(&word.value, machine->ram + pa, sizeof(word.value));
		if (word.value)
			rc = trace_put(writer, &word);
	}
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]) && !rc; i++)
		rc = trace_put(writer, &(struct trace_record){.kind = TRACE_REGISTER,
							      .pasid = TRACE_NO_PASID,
							      .address = registers[i].offset,
							      .size = registers[i].size,
							      .value = registers[i].value});
	return rc;
}

/* Buffers of up to a page on random pages, as a busy network function's. */
static int put_dma(struct trace_writer *writer, const struct bench_machine *machine,
		   uint64_t records)
{
	uint64_t seed = 7, now = 0;
	int rc = 0;

	for (uint64_t i = 0; i < records && !rc; i++) {
		uint64_t r = bench_random(&seed), length = 64 + (r & 0x7c0),
			 offset = r >> 20 & 0x7c0;
		unsigned page = (unsigned)(r >> 40) % PAGES;

		now += 50 + (r >> 12 & 0xff);
		rc = trace_put(writer,
			       &(struct trace_record){
				       .time_ns = now,
				       .kind = TRACE_DMA,
				       .access = r >> 63 ? IOASIM_WRITE : IOASIM_READ,
				       .granted = IOASIM_READ | IOASIM_WRITE,
				       .size = 12,
				       .flags = TRACE_ANSWERED,
				       .rid = BENCH_RID,
				       .pasid = TRACE_NO_PASID,
				       .address = BENCH_IOVA + (uint64_t)page * PAGE + offset,
				       .value = bench_machine_pa(machine, page) + offset,
				       .length = length,
			       });
	}
	return rc;
}

static int set_capabilities(struct trace_meta *meta)
{
	struct ioasim_unit_config config;
	char name[32], value[32];
	int rc = bench_config(&config) ? 0 : -1;

	for (unsigned n = 0; ioasim_capability_name("vtd", n) && !rc; n++) {
		if (!config.capability[n])
			continue;
		snprintf(name, sizeof(name), "cap.%s", ioasim_capability_name("vtd", n));
		snprintf(value, sizeof(value), "0x%llx", (unsigned long long)config.capability[n]);
		rc = trace_meta_set(meta, name, value);
	}
	return rc;
}

static bool trace_make(const char *path, uint64_t records, const char **why)
{
	struct trace_meta meta = {.arch = "vtd", .levels = TRACE_LEVEL_UNIT};
	struct bench_machine *machine = bench_machine_create(BENCH_LEGACY, PAGES);
	struct trace_writer *writer = NULL;
	struct trace_error error;
	bool made = false;

	*why = "the trace cannot be written";
	if (!machine || set_capabilities(&meta) ||
	    trace_create(path, TRACE_FORMAT_BINARY, &meta, &writer, &error))
		goto out;
	if (put_setup(writer, machine) || put_dma(writer, machine, records))
		trace_abort(writer);
	else
		made = trace_commit(writer, &error) == 0;
out:
	trace_meta_fini(&meta);
	bench_machine_destroy(machine);
	return made;
}

/* ---- Cases ------------------------------------------------------------------ */

struct trace_bench {
	char path[PATH_MAX];
};

static void *trace_setup(const char *what, uint64_t records, const char **why)
{
	struct trace_bench *bench = calloc(1, sizeof(*bench));

	*why = "no memory";
	if (!bench)
		return NULL;
	file_name(bench->path, what);
	if (!records || trace_make(bench->path, records, why))
		return bench;
	free(bench);
	return NULL;
}

static void trace_finish(void *state)
{
	struct trace_bench *bench = state;

	unlink(bench->path);
	free(bench);
}

static void *encode_setup(const char **why)
{
	return trace_setup("encode", 0, why);
}

static bool encode_run(void *state, struct bench_sample *sample, const char **why)
{
	struct trace_bench *bench = state;
	uint64_t start = bench_now_ns();

	if (!trace_make(bench->path, RECORDS, why))
		return false;
	*sample = (struct bench_sample){RECORDS, bench_now_ns() - start};
	return true;
}

static void *decode_setup(const char **why)
{
	return trace_setup("decode", RECORDS, why);
}

static bool decode_run(void *state, struct bench_sample *sample, const char **why)
{
	struct trace_bench *bench = state;
	const struct trace_record *records;
	struct trace_reader *reader;
	struct trace_error error;
	uint64_t start = bench_now_ns(), total = 0, dma = 0;
	size_t count;
	int rc;

	*why = "the trace cannot be read";
	if (trace_open(bench->path, TRACE_FORMAT_AUTO, &reader, &error))
		return false;
	while ((rc = trace_next(reader, &records, &count, &error)) == 0 && count) {
		for (size_t i = 0; i < count; i++)
			dma += records[i].kind == TRACE_DMA;
		total += count;
	}
	trace_close(reader);
	*why = "the trace does not hold what was written";
	*sample = (struct bench_sample){total, bench_now_ns() - start};
	return rc == 0 && dma == RECORDS;
}

/* The command as users run it. Standard output is dropped. */
static bool command_run(char *const argv[], struct rusage *usage)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(127);
		execv(argv[0], argv);
		_exit(127);
	}
	return child > 0 && wait4(child, &status, 0, usage) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static char *command_path(void)
{
	char *path = getenv("IOASIM");

	return path ? path : "build/ioasim";
}

static bool replay(char *path, struct rusage *usage)
{
	char *argv[] = {command_path(), "replay", path,       "--level", "unit",
			"--threads",    "1",      "--format", "json",    NULL};

	return command_run(argv, usage);
}

static uint64_t cpu_ns(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000u;
}

static void *replay_setup(const char **why)
{
	return trace_setup("replay", REPLAYED, why);
}

/* Processor time of the whole process, so that it counts for one core. */
static bool replay_run(void *state, struct bench_sample *sample, const char **why)
{
	struct trace_bench *bench = state;
	struct rusage usage;

	*why = "ioasim replay failed";
	if (!replay(bench->path, &usage))
		return false;
	*sample = (struct bench_sample){REPLAYED, cpu_ns(&usage)};
	return true;
}

const struct bench_case bench_trace[] = {
	{"trace encode", 0, encode_setup, encode_run, trace_finish},
	{"trace decode", 0, decode_setup, decode_run, trace_finish},
	{"replay of a compressed trace, hits", 5, replay_setup, replay_run, trace_finish},
	{0},
};

/* ---- Memory ------------------------------------------------------------------- */

#define MEMORY_BASE UINT64_C(1000000)

/* Peak memory may grow by this between the shortest and the longest replay. */
#define MEMORY_SLACK_KIB 1024

/* *peak_kib 0: the first of several. */
static bool memory_replay(char *path, uint64_t records, long *peak_kib, const char **why)
{
	struct rusage usage;

	*why = "ioasim replay failed";
	if (!replay(path, &usage))
		return false;
	printf("%12llu records: peak memory %6ld KiB, %7.2f s of processor time\n",
	       (unsigned long long)records, usage.ru_maxrss, (double)cpu_ns(&usage) / 1e9);
	fflush(stdout);
	if (!*peak_kib)
		*peak_kib = usage.ru_maxrss;
	*why = "memory grows with the length of the trace";
	return usage.ru_maxrss <= *peak_kib + MEMORY_SLACK_KIB;
}

int bench_memory(uint64_t records)
{
	char base[PATH_MAX], longer[PATH_MAX], times[32];
	struct rusage usage;
	const char *why = "";
	long peak_kib = 0;
	bool well;

	file_name(base, "memory");
	file_name(longer, "memory-repeated");
	well = trace_make(base, MEMORY_BASE, &why) &&
	       memory_replay(base, MEMORY_BASE, &peak_kib, &why);
	for (uint64_t n = 10; well && n * MEMORY_BASE <= records; n *= 10) {
		char *argv[] = {command_path(), "trace", "pack", "--repeat", times,
				base,           "-o",    longer, NULL};

		snprintf(times, sizeof(times), "%llu", (unsigned long long)n);
		why = "ioasim trace pack --repeat failed";
		well = command_run(argv, &usage) &&
		       memory_replay(longer, n * MEMORY_BASE, &peak_kib, &why);
	}
	unlink(base);
	unlink(longer);
	if (!well)
		fprintf(stderr, "bench: %s\n", why);
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
