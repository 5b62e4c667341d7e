/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: fuzz_NAME [--tap] [--stats] [-n RUNS] [-s SEED] [-r FIRST-RUN] [FILE...]
 *
 * Run r of a seed always makes the same input, so a failure is found again with
 * -s SEED -r R -n 1. Files are run as they are. An input that fails is stored as
 * fuzz-NAME-SEED-RUN. --stats tells what the runs met, and fails if that is not all.
 */
#include "fuzz.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#ifdef FUZZ_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_seed seeds[FUZZ_SEEDS_MAX];
	static size_t n_seeds;
	static void *state;
	const char *broken;

	if (!state)
		state = fuzz_target.setup(seeds, &n_seeds);
	if (!state)
		abort();
	broken = size <= fuzz_target.max_size ? fuzz_target.run(state, data, size) : NULL;
	if (broken) {
		fprintf(stderr, "%s: %s\n", fuzz_target.name, broken);
		abort();
	}
	return 0;
}

#else

#define HANG_SECONDS   30 /* of the processor: the machine may be busy with others */
#define RUNS_PER_ALARM 64u

struct options {
	unsigned long runs, seed, first;
	bool tap, stats;
};

/* Where the program is, for the handlers of signals and sanitizers alone. */
static volatile unsigned long at_seed, at_run;

static void say(const char *what)
{
	char text[600];
	int length =
		snprintf(text, sizeof(text), "not ok - %s: %s; again with -s %lu -r %lu -n %u\n",
			 fuzz_target.name, what, at_seed, at_run, RUNS_PER_ALARM);

	if (length > 0 && write(STDOUT_FILENO, text, (size_t)length) < 0)
		_exit(EXIT_FAILURE);
}

static void hung(int signal_number)
{
	(void)signal_number;
	say("no end in 30 s");
	_exit(EXIT_FAILURE);
}

static void died(void)
{
	say("sanitizer report");
}

/* There under AddressSanitizer only. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch(void)
{
	signal(SIGPROF, hung);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(died);
}

static void keep(const uint8_t *data, size_t size)
{
	char name[128];
	FILE *file;

	snprintf(name, sizeof(name), "fuzz-%s-%lu-%lu", fuzz_target.name, at_seed, at_run);
	file = fopen(name, "wb");
	if (file) {
		fwrite(data, 1, size, file);
		fclose(file);
	}
}

static void alarm_set(int seconds)
{
	const struct itimerval timer = {.it_value = {.tv_sec = seconds}};

	(void)setitimer(ITIMER_PROF, &timer, NULL);
}

static bool run_one(void *state, uint8_t *data, size_t size)
{
	const char *broken = fuzz_target.run(state, data, size);

	if (!broken)
		return true;
	if (fuzz_target.shrink) {
		alarm_set(0);
		size = fuzz_target.shrink(state, data, size);
		broken = fuzz_target.run(state, data, size);
	}
	keep(data, size);
	fflush(stdout);
	say(broken ? broken : "the smaller input does not fail");
	return false;
}

static bool run_random(void *state, const struct fuzz_corpus *corpus, const struct options *options)
{
	uint8_t *data = malloc(fuzz_target.max_size);
	bool well = data != NULL;

	for (unsigned long i = 0; i < options->runs && well; i++) {
		/* Any two runs are far apart in the sequence of the generator. */
		uint64_t random = (options->seed * UINT64_C(0x9e3779b97f4a7c15)) ^
				  ((options->first + i + 1) * UINT64_C(0xbf58476d1ce4e5b9));
		size_t size;

		if (!random)
			random = 1;
		at_run = options->first + i;
		if (i % RUNS_PER_ALARM == 0)
			alarm_set(HANG_SECONDS);
		size = fuzz_make(&fuzz_target, corpus, &random, data);
		well = run_one(state, data, size);
	}
	free(data);
	return well;
}

static bool run_file(void *state, const char *name)
{
	uint8_t *data = malloc(fuzz_target.max_size);
	FILE *file = fopen(name, "rb");
	bool well = false;

	if (data && file) {
		size_t size = fread(data, 1, fuzz_target.max_size, file);
		const char *broken = fuzz_target.run(state, data, size);

		well = !broken;
		printf("%s %s: %s\n", well ? "ok -" : "not ok -", name, well ? "holds" : broken);
	} else {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
	}
	if (file)
		fclose(file);
	free(data);
	return well;
}

static bool parse(struct options *options, int argc, char **argv)
{
	static const struct option names[] = {{"tap", no_argument, NULL, 't'},
					      {"stats", no_argument, NULL, 'c'},
					      {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "n:s:r:", names, NULL)) != -1) {
		if (c == 'n')
			options->runs = strtoul(optarg, NULL, 0);
		else if (c == 's')
			options->seed = strtoul(optarg, NULL, 0);
		else if (c == 'r')
			options->first = strtoul(optarg, NULL, 0);
		else if (c == 't')
			options->tap = true;
		else if (c == 'c')
			options->stats = true;
		else
			return false;
	}
	at_seed = options->seed;
	return true;
}

int main(int argc, char **argv)
{
	struct options options = {.runs = 10000, .seed = 1};
	struct fuzz_seed seeds[FUZZ_SEEDS_MAX];
	struct fuzz_corpus corpus = {seeds, 0};
	bool well = true;
	void *state;

	if (!parse(&options, argc, argv)) {
		fprintf(stderr,
			"usage: %s [--tap] [--stats] [-n RUNS] [-s SEED] [-r FIRST-RUN] "
			"[FILE...]\n",
			argv[0]);
		return 2;
	}
	watch();
	state = fuzz_target.setup(seeds, &corpus.count);
	if (!state) {
		fprintf(stderr, "%s: cannot be set up\n", fuzz_target.name);
		return EXIT_FAILURE;
	}
	if (options.tap)
		printf("1..1\n");
	for (int i = optind; i < argc; i++)
		well = run_file(state, argv[i]) && well;
	if (optind == argc)
		well = run_random(state, &corpus, &options);
	if (options.stats && fuzz_target.stats)
		well = fuzz_target.stats(state, stdout) && well;
	fuzz_target.finish(state);
	if (well && optind == argc)
		printf("ok - %s: %lu runs, seed %lu\n", fuzz_target.name, options.runs,
		       options.seed);
	return well ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
