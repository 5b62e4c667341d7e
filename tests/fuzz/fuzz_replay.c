/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text traces, changed in a few places, replayed at unit level, lifted, and at driver
 * level with both policies, through the drivers of all architectures in turn. Whatever they ask of a unit or a driver, a replay ends with
 * a documented status and its counts add up.
 */
#include "cmd.h"
#include "fuzz.h"
#include "lift_unit.h"
#include "profile.h"
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define INPUT_MAX 6000u

static const char vtd_sample[] =
	"ioasim-trace 1\narch vtd\nlevels unit\n"
	"key cap.cap 0x80d2008c222f0606\nkey cap.ecap 0xf00f4a\n"
	"reg offset=0x90 size=8 value=0x20000\nreg offset=0x18 size=4 value=0x4000000\n"
	"mem address=0x10000 value=0x11001\nmem address=0x11280 value=0x12001\n"
	"mem address=0x11288 value=0x301\nmem address=0x12008 value=0x13003\n"
	"mem address=0x13000 value=0x14003\nmem address=0x14000 value=0x5000003\n"
	"reg offset=0x20 size=8 value=0x10000\nreg offset=0x18 size=4 value=0x44000000\n"
	"reg offset=0x18 size=4 value=0x84000000\n"
	"dma rid=00:05.0 iova=0x40000010 length=16 access=r pa=0x5000010 page_lg2=12 granted=r\n"
	"mem address=0x14000 value=0x7000003\n"
	"dma rid=00:05.0 iova=0x40000010 length=16 access=r pa=0x5000010 granted=r stale\n"
	"fault rid=00:05.0 code=0x6\n"
	"dma rid=00:05.0 iova=0x40002000 length=4 access=r refused\n"
	"mem address=0x20000 value=0x300f2\nmem address=0x20008 value=0x40000000\n"
	"mem address=0x20010 value=0x700000025\nmem address=0x20018 value=0x30000\n"
	"reg offset=0x88 size=4 value=0x20\ncmd words=0x300f2,0x40000000\n"
	"cmd words=0x700000025,0x30000\nstore address=0x30000 size=4 value=0x7\n"
	"page_request rid=00:05.0 iova=0x1000 access=r group=1 last\n"
	"ats rid=00:05.0 iova=0x40000000 length=4096 access=r\nabort first=0x0 last=0xfff\n";

static const char amdvi_sample[] =
	"ioasim-trace 1\narch amdvi\nlevels unit\nkey cap.efr 0x29d3\n"
	"mem address=0x10500 value=0x6000000000012603\nmem address=0x10508 value=0x3\n"
	"mem address=0x12008 value=0x6000000000013401\n"
	"mem address=0x13000 value=0x6000000000014201\n"
	"mem address=0x14000 value=0x6000000005000001\n"
	"mem address=0x14008 value=0x600000000600fe01\n"
	"reg offset=0 size=8 value=0x10000\nreg offset=8 size=8 value=0x800000000020000\n"
	"reg offset=0x10 size=8 value=0x800000000021000\nreg offset=0x18 size=8 value=0x1005\n"
	"dma rid=00:05.0 iova=0x40000010 length=16 access=r pa=0x5000010 granted=rw no_perm\n"
	"fault rid=00:05.0 code=0x2\nstore address=0x21000 size=8 value=0x2000000000000028\n"
	"dma rid=00:05.0 iova=0x40002000 length=4 access=r refused\n"
	"mem address=0x20000 value=0x3000000300000000\nmem address=0x20008 value=0x40000000\n"
	"mem address=0x20010 value=0x1000000000030001\nmem address=0x20018 value=0x7\n"
	"reg offset=0x2008 size=4 value=0x20\ncmd words=0x3000000300000000,0x40000000\n"
	"cmd words=0x1000000000030001,0x7\nstore address=0x30000 size=8 value=0x7\n";

static const char smmuv3_sample[] =
	"ioasim-trace 1\narch smmuv3\nlevels unit\nkey cap.idr0 0x0c44101b\n"
	"mem address=0x10a00 value=0x1100b\nmem address=0x10a08 value=0x100000000000\n"
	"mem address=0x10c00 value=0x1104b\nmem address=0x10c08 value=0x100000000000\n"
	"mem address=0x11000 value=0x1e204c0000010\nmem address=0x11008 value=0x12000\n"
	"mem address=0x11040 value=0x2f204c0000010\nmem address=0x11048 value=0x12000\n"
	"mem address=0x12000 value=0x13003\nmem address=0x13008 value=0x14003\n"
	"mem address=0x14000 value=0x15003\nmem address=0x15000 value=0x5000c43\n"
	"reg offset=0x80 size=8 value=0x10000\nreg offset=0x88 size=4 value=0x8\n"
	"reg offset=0x90 size=8 value=0x20008\nreg offset=0xa0 size=8 value=0x22007\n"
	"reg offset=0x20 size=4 value=0xd\n"
	"dma rid=00:05.0 iova=0x40000010 length=16 access=r pa=0x5000010 granted=rw\n"
	"fault rid=00:05.0 code=0x10\nstore address=0x22000 size=8 value=0x2800000010\n"
	"dma rid=00:05.0 iova=0x40002000 length=4 access=r refused\n"
	"dma rid=00:06.0 iova=0x40002000 length=4 access=r refused\n"
	"mem address=0x20000 value=0x1000000001012\nmem address=0x20008 value=0x40000401\n"
	"mem address=0x20010 value=0x3000001044\nmem address=0x20020 value=0x46\n"
	"reg offset=0x98 size=4 value=0x3\ncmd words=0x1000000001012,0x40000401\n";

static const char driver_sample[] =
	"ioasim-trace 1\nlevels driver\n"
	"domain domain=1 kind=nest_parent\ndomain domain=2 kind=kernel\n"
	"device rid=00:05.0 ats pasid_bits=8\ndevice rid=00:06.0\n"
	"attach rid=00:05.0 domain=1\nattach rid=00:06.0 domain=2\n"
	"map domain=1 iova=0x200000 length=4M pa=0x7000000 access=rw\n"
	"map domain=2 iova=0x10000 length=8k pa=0x9000000 access=r\n"
	"mem address=0x200000 value=0x201007\n"
	"domain domain=3 kind=nested parent=1\nbind domain=3 root=0x200000\n"
	"attach rid=00:05.0 pasid=5 domain=3\n"
	"dma rid=00:05.0 pasid=5 iova=0x1000 length=4 access=r refused\n"
	"@1ms dma rid=00:06.0 iova=0x11010 length=4 access=r pa=0x9001010\n"
	"unmap domain=2 iova=0x10000 length=8k\n"
	"dma rid=00:06.0 iova=0x11010 length=4 access=r refused\n"
	"invalidate domain=3 pasid=5 iova=0x0 length=4096 leaf\n"
	"@20ms sync\ndetach rid=00:05.0 pasid=5\nunbind domain=3\ndomain_free domain=3\n"
	"domain domain=4 kind=identity\nattach rid=00:06.0 domain=4\n"
	"dma rid=00:06.0 iova=0x11010 length=4 access=r pa=0x11010\n"
	"detach rid=00:06.0\ndomain_free domain=2\n";

struct replays {
	int input; /* a file in memory */
	char path[64];
	FILE *stream; /* of messages */
	const char *arch;
};

static const char *judge(const struct result *r)
{
	json_t *json = result_json(r);

	if (!json)
		return "a result has no JSON";
	json_decref(json);
	return result_check(r);
}

enum way { WAY_UNIT, WAY_LIFTED, WAY_DRIVER, WAY_LAZY, WAYS };

/* The driver's architecture depends on the input, so that each has its share. */
static const char *replay(struct replays *replays, struct trace_reader *reader, enum way way)
{
	unsigned level = way == WAY_UNIT ? TRACE_LEVEL_UNIT : TRACE_LEVEL_DRIVER;
	struct machine_source source = {
		.meta = trace_reader_meta(reader),
		.arch = way == WAY_UNIT ? NULL : replays->arch,
	};
	struct message message;
	struct machine machine;
	struct profile *profile;
	struct result result;
	const char *broken;
	int status;

	rewind(replays->stream);
	message_init(&message, replays->stream);
	if (machine_load(&machine, &source, &message))
		return NULL;
	machine.driver.pool_size = 1 << 20;
	machine.driver.policy = way == WAY_LAZY ? DRIVER_LAZY : DRIVER_STRICT;
	result_init(&result, &machine, "fuzz");
	result.level = (uint8_t)level;
	profile = profile_create(&result);
	if (!profile)
		return "no memory for a profile";
	status = replay_trace(
		&(struct replay){
			.machine = &machine,
			.meta = trace_reader_meta(reader),
			.message = &message,
			.result = &result,
			.check = true,
			.probe = (struct replay_probe *const[]){profile_probe(profile), NULL},
		},
		reader);
	profile_destroy(profile);
	broken = status && status != CMD_INPUT && status != CMD_USAGE
			 ? "a replay ends with another status than 0, 2 and 3"
			 : judge(&result);
	result_fini(&result);
	return broken;
}

static const char *replay_as(struct replays *replays, enum way way)
{
	struct trace_error error = {""};
	struct trace_reader *reader, *lifted;
	const char *broken;
	unsigned levels;

	if (trace_open(replays->path, TRACE_FORMAT_AUTO, &reader, &error))
		return NULL;
	levels = trace_reader_meta(reader)->levels;
	if ((way == WAY_UNIT || way == WAY_LIFTED) && !(levels & TRACE_LEVEL_UNIT)) {
		trace_close(reader);
		return NULL;
	}
	if (way == WAY_LIFTED && lift_open(reader, &lifted, &error) == 0)
		reader = lifted;
	broken = replay(replays, reader, way);
	trace_close(reader);
	return broken;
}

static const char *run(void *state, const uint8_t *data, size_t size)
{
	struct replays *replays = state;
	const char *broken = NULL;
	unsigned archs = 0;

	while (ioasim_arch_name(archs))
		archs++;
	replays->arch = ioasim_arch_name((unsigned)(size % archs));
	if (ftruncate(replays->input, 0) || pwrite(replays->input, data, size, 0) != (ssize_t)size)
		return "the input cannot be stored";
	for (unsigned way = 0; way < WAYS && !broken; way++)
		broken = replay_as(replays, way);
	return broken;
}

static void finish(void *state)
{
	struct replays *replays = state;

	close(replays->input);
	if (replays->stream)
		fclose(replays->stream);
	free(replays);
}

static void *setup(struct fuzz_seed *seeds, size_t *n_seeds)
{
	struct replays *replays = calloc(1, sizeof(*replays));

	if (!replays)
		return NULL;
	replays->input = memfd_create("fuzz-input", MFD_CLOEXEC);
	replays->stream = fopen("/dev/null", "w");
	snprintf(replays->path, sizeof(replays->path), "/proc/self/fd/%d", replays->input);
	if (replays->input < 0 || !replays->stream) {
		finish(replays);
		return NULL;
	}
	seeds[(*n_seeds)++] =
		(struct fuzz_seed){(const uint8_t *)vtd_sample, sizeof(vtd_sample) - 1};
	seeds[(*n_seeds)++] =
		(struct fuzz_seed){(const uint8_t *)amdvi_sample, sizeof(amdvi_sample) - 1};
	seeds[(*n_seeds)++] =
		(struct fuzz_seed){(const uint8_t *)smmuv3_sample, sizeof(smmuv3_sample) - 1};
	seeds[(*n_seeds)++] =
		(struct fuzz_seed){(const uint8_t *)driver_sample, sizeof(driver_sample) - 1};
	return replays;
}

const struct fuzz_target fuzz_target = {
	.name = "replay",
	.max_size = INPUT_MAX,
	.setup = setup,
	.run = run,
	.finish = finish,
};
