/* SPDX-License-Identifier: Apache-2.0 */
/* ioasim gen nic, nvme, mixed: devices of one kernel. */
#include "cmd.h"
#include "cmd_gen.h"
#include "gen_nic.h"
#include "gen_nvme.h"

/* ---- Options of a card --------------------------------------------------------------------------- */

static const char *const direction_names[] = {"both", "receive", "send", NULL};
static const char *const buffer_names[] = {"packet", "pool", NULL};
static const char *const arrival_names[] = {"paced", "poisson", NULL};

#define QUEUES_MAX 1024
#define RING_MAX   65536

/* `at`: the member of the values that the options are of. It cannot stand in parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define NIC_OPTIONS(of, at)                                                                        \
	GEN_NUMBER(of, "queues", at.queues, 1, QUEUES_MAX, "8",                                    \
		   "receive and send queues, each served by a CPU of its own"),                    \
		GEN_NUMBER(of, "ring", at.ring, 2, RING_MAX, "512", "entries of each ring"),       \
		GEN_NUMBER(of, "gbps", at.gbps, 1, 10000, "100",                                   \
			   "rate of the link in Gbit/s, in each direction"),                       \
		GEN_SIZE(of, "mtu", at.mtu, 64, 16000, "1500", "bytes of a packet"),               \
		GEN_SIZE(of, "send-size", at.send_size, 0, 65536, "0",                             \
			 "bytes that the stack sends at once, more than a packet where the card "  \
			 "makes segments; 0: the MTU"),                                            \
		GEN_CHOICE(of, "direction", at.direction, direction_names, "both",                 \
			   "what goes over the link"),                                             \
		GEN_CHOICE(of, "buffers", at.buffers, buffer_names, "packet",                      \
			   "map and unmap receive buffers packet by packet, or keep them mapped"), \
		GEN_CHOICE(of, "arrival", at.arrival, arrival_names, "paced",                      \
			   "packets one after the other at the link's rate, or at random with "    \
			   "this rate"),                                                           \
		GEN_SIZE(of, "descriptor", at.descriptor, 8, 128, "16", "bytes of a descriptor"),  \
		GEN_SIZE(of, "completion", at.completion, 0, 128, "64",                            \
			 "bytes of an entry of the completion rings; 0: descriptors are written "  \
			 "back"),                                                                  \
		GEN_NUMBER(of, "fetch", at.fetch, 1, 64, "4", "descriptors read at once"),         \
		GEN_NUMBER(of, "send-depth", at.send_depth, 0, RING_MAX, "16",                     \
			   "packets that wait in a send ring"),                                    \
		GEN_NUMBER(of, "acks", at.acks, 0, 0, "0",                                         \
			   "packets received for one acknowledgement sent beside all else; 0: "    \
			   "none are"),                                                            \
		GEN_TIME(of, "coalesce", at.coalesce_ns, 1000000000, "20us",                       \
			 "from a completion to the driver's looking at it"),                       \
		GEN_TIME(of, "packet-time", at.cpu_ns, 1000000000, "200ns",                        \
			 "a CPU's work on a packet"),                                              \
		GEN_FLAG(of, "any-cpu", at.any_cpu,                                                \
			 "map packets to be sent on any CPU, as applications run anywhere")

/* Of the kernel, for each device. */
#define DMA_OPTIONS(of, at)                                                                       \
	GEN_NUMBER(of, "address-bits", at.address_bits, 32, 57, "48", "reach of the device"),     \
		GEN_FLAG(of, "no-address-caches", at.no_caches,                                   \
			 "look for each address in the tree, without CPUs' magazines"),           \
		GEN_FLAG(of, "lazy", at.lazy,                                                     \
			 "addresses are free again behind a flush only (256 entries, 10 ms), as " \
			 "under Linux's lazy policy; which policy a replay has is the machine's")

static int nic_check(const struct options *options, struct gen_nic_options *nic)
{
	if (!nic->send_size)
		nic->send_size = nic->mtu;
	if (nic->fetch > nic->ring)
		return options_refuse(options, "--fetch: more than the ring has entries");
	if (nic->acks && nic->direction != GEN_NIC_RECEIVE)
		return options_refuse(options,
				      "option --acks has no effect without --direction=receive");
	if (nic->send_depth >= nic->ring)
		return options_refuse(options,
				      "--send-depth: expected less than the ring's entries");
	return 0;
}

/* ---- nic --------------------------------------------------------------------------------------------- */

struct nic_values {
	struct gen_common common;
	struct gen_nic_options nic;
};

static const struct option_spec nic_specs[] = {
	GEN_COMMON(struct nic_values, "packets"),
	NIC_OPTIONS(struct nic_values, nic),
	DMA_OPTIONS(struct nic_values, nic),
	{0},
};

static const struct option_table nic_table = {
	.name = "gen nic",
	.summary = "a network card's rings, mapped packet by packet",
	.about =
		"A card with a receive and a send queue for each CPU, at the rate of its link. The "
		"driver maps buffers when it posts them and unmaps them when it finds them "
		"completed, with addresses as Linux gives them out.",
	.specs = nic_specs,
	.values_size = sizeof(struct nic_values),
};

static int nic_values_check(const struct options *options, void *values)
{
	return nic_check(options, &((struct nic_values *)values)->nic);
}

static void nic_start(struct gen *gen, const void *values)
{
	gen_nic_start(gen, &((const struct nic_values *)values)->nic);
}

int cmd_gen_nic(int argc, char **argv)
{
	struct nic_values values;
	const struct gen_workload workload = {
		.table = &nic_table,
		.check = nic_values_check,
		.start = nic_start,
		.values = &values,
	};

	return gen_command(&workload, argc, argv);
}

/* ---- nvme -------------------------------------------------------------------------------------------- */

/* Names differ where a card has one of the same. */
#define NVME_OPTIONS(of, at, prefix)                                                         \
	GEN_NUMBER(of, prefix "depth", at.depth, 1, 4096, "32",                              \
		   "commands under way in each queue pair"),                                 \
		{.name = prefix "blocks",                                                    \
		 .type = OPTION_STRING,                                                      \
		 .argument = "SIZE[:WEIGHT],...",                                            \
		 .fallback = "4k",                                                           \
		 .offset = offsetof(of, at.blocks),                                          \
		 .help = "sizes of commands and how often each occurs, up to 8"},            \
		GEN_NUMBER(of, prefix "reads", at.reads, 0, 100, "70", "per cent of reads"), \
		GEN_NUMBER(of, prefix "iops", at.iops, 1, 1000000000, "800000",              \
			   "commands a second that the drive does"),                         \
		GEN_SIZE(of, prefix "segment", at.segment, 4096, GEN_NVME_BLOCK_MAX, "4k",   \
			 "bytes of memory that lie in one piece: each is mapped by itself"), \
		GEN_TIME(of, prefix "interrupt-time", at.cpu_ns, 1000000000, "2us",          \
			 "from a command's completion to its unmapping and the next command")

/* NOLINTEND(bugprone-macro-parentheses) */

struct nvme_values {
	struct gen_common common;
	struct gen_nvme_options nvme;
	struct gen_nvme_mix mix;
};

static const struct option_spec nvme_specs[] = {
	GEN_COMMON(struct nvme_values, "commands"),
	GEN_NUMBER(struct nvme_values, "queues", nvme.queues, 1, QUEUES_MAX, "8",
		   "queue pairs, each of a CPU of its own"),
	GEN_NUMBER(struct nvme_values, "gbps", nvme.gbps, 1, 10000, "56",
		   "rate of the drive's link in Gbit/s"),
	NVME_OPTIONS(struct nvme_values, nvme, ""),
	DMA_OPTIONS(struct nvme_values, nvme),
	{0},
};

static const struct option_table nvme_table = {
	.name = "gen nvme",
	.summary = "an NVMe drive's queues, mapped command by command",
	.about = "A drive whose queues are kept full: it reads the command, the PRP list of "
		 "commands "
		 "over two pages, moves the data and stores the completion; the driver unmaps and "
		 "submits the next.",
	.specs = nvme_specs,
	.values_size = sizeof(struct nvme_values),
};

static int drive_check(const struct options *options, const struct gen_nvme_options *nvme,
		       struct gen_nvme_mix *mix)
{
	if (gen_nvme_mix_parse(nvme->blocks, mix))
		return options_refuse(options,
				      "'%s' is no mix of sizes, expected SIZE[:WEIGHT],... with "
				      "multiples of 512 up to 2M, 8 at most",
				      nvme->blocks);
	if (nvme->segment & (nvme->segment - 1))
		return options_refuse(options, "a segment is a power of two");
	return 0;
}

static int nvme_values_check(const struct options *options, void *opaque)
{
	struct nvme_values *values = opaque;

	return drive_check(options, &values->nvme, &values->mix);
}

static void nvme_start(struct gen *gen, const void *opaque)
{
	const struct nvme_values *values = opaque;

	gen_nvme_start(gen, &values->nvme, &values->mix);
}

int cmd_gen_nvme(int argc, char **argv)
{
	struct nvme_values values;
	const struct gen_workload workload = {
		.table = &nvme_table,
		.check = nvme_values_check,
		.start = nvme_start,
		.values = &values,
	};

	return gen_command(&workload, argc, argv);
}

/* ---- mixed --------------------------------------------------------------------------------------------- */

struct mixed_values {
	struct gen_common common;
	struct gen_nic_options nic;
	struct gen_nvme_options nvme;
	struct gen_nvme_mix mix;
};

static const struct option_spec mixed_specs[] = {
	GEN_COMMON(struct mixed_values, "units"),
	NIC_OPTIONS(struct mixed_values, nic),
	DMA_OPTIONS(struct mixed_values, nic),
	GEN_NUMBER(struct mixed_values, "nvme-gbps", nvme.gbps, 1, 10000, "56",
		   "rate of the drive's link in Gbit/s"),
	NVME_OPTIONS(struct mixed_values, nvme, "nvme-"),
	{0},
};

static const struct option_table mixed_table = {
	.name = "gen mixed",
	.summary = "a network card and a drive at once",
	.about = "Both workloads on one clock, each device with a domain of its own. Options of "
		 "queues, addresses and policy hold for both; packets and commands are the units.",
	.specs = mixed_specs,
	.values_size = sizeof(struct mixed_values),
};

static int mixed_check(const struct options *options, void *opaque)
{
	struct mixed_values *values = opaque;
	int status = nic_check(options, &values->nic);

	values->nvme.queues = values->nic.queues;
	values->nvme.address_bits = values->nic.address_bits;
	values->nvme.no_caches = values->nic.no_caches;
	values->nvme.lazy = values->nic.lazy;
	return status ? status : drive_check(options, &values->nvme, &values->mix);
}

static void mixed_start(struct gen *gen, const void *opaque)
{
	const struct mixed_values *values = opaque;

	gen_nic_start(gen, &values->nic);
	gen_nvme_start(gen, &values->nvme, &values->mix);
}

int cmd_gen_mixed(int argc, char **argv)
{
	struct mixed_values values;
	const struct gen_workload workload = {
		.table = &mixed_table,
		.check = mixed_check,
		.start = mixed_start,
		.values = &values,
	};

	return gen_command(&workload, argc, argv);
}
