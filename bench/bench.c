/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: bench [NAME-PART]	runs the cases whose name holds NAME-PART, or all
 *        bench memory [N]	peak memory of replays of up to N records (100 million)
 *
 * Environment: BENCH_REPEAT (default 7), BENCH_ENFORCE=1 (exit status 1 where a
 * floor does not hold), BENCH_DIR (for temporary traces), IOASIM (the command).
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REPEAT_MAX 101u

struct bench_totals {
	unsigned below, broken;
};

uint64_t bench_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static unsigned repetitions(void)
{
	const char *text = getenv("BENCH_REPEAT");
	unsigned long n = text ? strtoul(text, NULL, 10) : 7;

	return n < 5 ? 5 : n > REPEAT_MAX ? REPEAT_MAX : (unsigned)n;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_row(const struct bench_case *one, const double *ns, unsigned n,
		      struct bench_totals *totals)
{
	double median = ns[n / 2], rate = 1e3 / median;

	printf("%-42s %9.2f M/s %9.2f ns  (%.2f to %.2f)", one->name, rate, median, ns[0],
	       ns[n - 1]);
	if (one->floor_mops > 0) {
		bool holds = rate >= one->floor_mops;

		printf("  floor %g M/s: %s", one->floor_mops, holds ? "holds" : "BELOW");
		totals->below += !holds;
	}
	printf("\n");
	fflush(stdout);
}

static bool measure(const struct bench_case *one, struct bench_totals *totals, const char **why)
{
	double ns[REPEAT_MAX];
	unsigned n = repetitions();
	void *state = one->setup(why);
	bool well = state != NULL;

	for (unsigned i = 0; i < n && well; i++) {
		struct bench_sample sample;

		well = one->run(state, &sample, why);
		if (well)
			ns[i] = (double)sample.ns / (double)sample.operations;
	}
	if (state)
		one->finish(state);
	if (well) {
		qsort(ns, n, sizeof(ns[0]), compare);
		print_row(one, ns, n, totals);
	}
	return well;
}

static void run_all(const struct bench_case *cases, const char *part, struct bench_totals *totals)
{
	for (const struct bench_case *one = cases; one->name; one++) {
		const char *why = "";

		if (part && !strstr(one->name, part))
			continue;
		if (!measure(one, totals, &why)) {
			printf("%-42s not measured: %s\n", one->name, why);
			totals->broken++;
		}
	}
}

int main(int argc, char **argv)
{
	const struct bench_case *const groups[] = {
		bench_calibration, bench_unit,    bench_amdvi,  bench_smmuv3,     bench_trace,
		bench_uapi,        bench_iommufd, bench_timing, bench_calibration};
	const char *part = argc > 1 ? argv[1] : NULL, *enforce = getenv("BENCH_ENFORCE");
	struct bench_totals totals = {0};

	if (part && strcmp(part, "memory") == 0)
		return bench_memory(argc > 2 ? strtoull(argv[2], NULL, 10) : 100000000);
	printf("ioasim %s, one core, median of %u (least to most)\n", ioasim_version(),
	       repetitions());
	/* Calibration stands at both ends: what lies between is as good as they agree. */
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		run_all(groups[i], part, &totals);
	if (totals.broken)
		return EXIT_FAILURE;
	return totals.below && enforce && strcmp(enforce, "1") == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
