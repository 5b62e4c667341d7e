/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uAPI scenarios: a machine, calls on named descriptors, stores of a guest, DMA, and what
 * must come of each, as a YAML document (scenarios/README.md). A document is made into a
 * `struct scenario` for one architecture (scenario_parse*.c; what each verb takes is in
 * scenario_verbs.c), run on a fresh machine through the public interface
 * (scenario_run*.c), and each step is judged when it is done (scenario_judge.c).
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "arena.h"
#include "yaml_tree.h"

#include <ioasim/system.h>

enum scn_verb {
	SCN_OPEN,
	SCN_CLOSE,
	SCN_EXIT,
	SCN_BIND,
	SCN_UNBIND,
	SCN_MMIO,
	SCN_DRIVER,
	SCN_ALLOC,
	SCN_CREATE_NESTING,
	SCN_BIND_PGTABLE,
	SCN_UNBIND_PGTABLE,
	SCN_FREE,
	SCN_MAP,
	SCN_UNMAP,
	SCN_ATTACH,
	SCN_DETACH,
	SCN_INVALIDATE,
	SCN_RESPOND,
	SCN_INFO,
	SCN_EXTENSION,
	SCN_KVM_ENABLE,
	SCN_KVM_MAP,
	SCN_KVM_UNMAP,
	SCN_QUEUE,
	SCN_GUEST,
	SCN_CPU,
	SCN_DMA,
	SCN_ENQCMD,
	SCN_RETRY,
	SCN_CORE,
	SCN_IOCTL,
	SCN_PIN,
	SCN_UNPIN,
	SCN_COPY,
	SCN_READ,
	SCN_WRITE,
	SCN_POLL,
	SCN_LIMIT,
	SCN_VERBS
};

/* The last of the kinds of `open`. */
#define SCN_KIND_FILE 3

enum scn_core_op {
	SCN_CORE_SET_ALLOC,
	SCN_CORE_SET_FREE,
	SCN_CORE_ALLOC,
	SCN_CORE_GET,
	SCN_CORE_PUT,
	SCN_CORE_FREE,
	SCN_CORE_ATTACH_SPID,
	SCN_CORE_DETACH_SPID,
	SCN_CORE_FIND,
	SCN_CORE_FREE_ALL,
	SCN_CORE_NOTIFIER,
	SCN_CORE_GET_IF_OWNED,
	SCN_CORE_RESERVE,
	SCN_CORE_CANCEL,
	SCN_CORE_CAPACITY,
	SCN_CORE_ATTACH_DATA,
	SCN_CORE_DETACH_DATA,
	SCN_CORE_OPS
};

/* ---- Names ------------------------------------------------------------------------- */

/* What a name stands for; the same word in two spaces is two names. */
enum scn_space {
	SCN_FD, /* descriptors */
	SCN_IOASID,
	SCN_EVENT,
	SCN_TABLE, /* of a guest: page tables and PASID tables */
	SCN_SET, /* of the hardware-ID core */
	SCN_ID,
	SCN_TOKEN,
	SCN_NOTIFIER,
	SCN_OBJECT, /* of an iommufd */
	SCN_COOKIE, /* of page requests that were read */
	SCN_SPACES
};

/* What a descriptor tells to its reader. */
enum scn_stream { SCN_STREAM_NONE, SCN_STREAM_FAULTS, SCN_STREAM_EVENTS };

struct scn_name {
	const char *text;
	uint8_t space; /* enum scn_space */
	uint8_t stream; /* enum scn_stream, of a descriptor */
};

#define SCN_NONE UINT32_MAX

/* A name by its index in the scenario, or a number taken literally. */
struct scn_ref {
	bool given;
	uint32_t name; /* SCN_NONE: `number` */
	uint64_t number;
};

/* ---- Steps --------------------------------------------------------------------------- */

/* A value of an enumeration that the kernel does not know: the step expects an errno. */
#define SCN_UNKNOWN 0xffffu

struct scn_guest_map {
	uint64_t va, gpa, size;
	uint8_t access; /* 0: unmap */
};

struct scn_guest_pasid {
	uint32_t pasid;
	uint32_t table; /* name; SCN_NONE: clear */
};

struct scn_guest_word {
	uint64_t gpa, value;
};

enum scn_guest_what { SCN_GUEST_TABLE, SCN_GUEST_PASID_TABLE, SCN_GUEST_WORDS };

struct scn_guest {
	uint8_t what; /* enum scn_guest_what */
	uint32_t table; /* name */
	bool made; /* by this step, at `at` */
	uint64_t at;
	struct scn_guest_map *maps;
	struct scn_guest_pasid *pasids;
	struct scn_guest_word *words;
	uint32_t count; /* of the list that `what` has */
};

struct iofd_call_entry;
struct iofd_member;

/* A member of a call's structure that a step gives. */
struct scn_ioctl_value {
	const struct iofd_member *member;
	uint8_t space; /* enum scn_space, of a name */
	struct scn_ref ref;
};

/* What a step lists for its call, and reads or writes at once. */
#define SCN_ARRAY_BYTES  4096
#define SCN_STREAM_BYTES 4096

/* `size` is not given: what belongs to the step. */
#define SCN_SIZE_OWN UINT64_MAX

/* What a pointer of the structure points to, as the step lists it. */
struct scn_array {
	const struct iofd_member *pointer; /* NULL: nothing is listed */
	uint64_t *words;
	uint32_t items, each; /* words of one */
};

struct scn_ioctl {
	const struct iofd_call_entry *call;
	struct scn_ioctl_value *values;
	uint32_t count;
	struct scn_ref data; /* of HWPT_ALLOC: a table of the guest */
	struct scn_array array;
	uint64_t argument; /* of a call that takes a number */
	uint32_t as_fd; /* name of the descriptor that it gives; SCN_NONE */
	bool sized; /* `size` is given */
	uint64_t size;
	bool tail; /* a byte behind it that is not zero */
};

struct scn_response {
	struct scn_ref cookie;
	uint32_t code;
};

/* Of `read` and `write`. */
struct scn_streaming {
	uint32_t *cookies; /* names, one for each record */
	struct scn_response *responses;
	uint32_t count; /* of the list that there is */
};

/* Arguments of all verbs; scenario_verbs.c tells which a verb takes. Absent numbers are 0. */
struct scn_args {
	struct scn_ref fd, kvm, ioasid, parent, root, event, set, id;
	struct scn_ref token, caller, file;
	const char *text; /* name of an extension */
	uint32_t as, notifier; /* names; SCN_NONE */
	int process; /* `by`; -1: not given */
	int subject; /* the process that exits or changes its memory */
	int device; /* IOASIM_NO_DEVICE */
	uint32_t vpasid, pasid; /* IOASIM_NO_VPASID */
	uint32_t kind, snoop, scope, cache, code, action, type, prio;
	uint64_t cookie, iova, vaddr, size, address, queue, rid;
	uint64_t quota, min, max, spid, n, total;
	uint64_t offset, user, locked;
	uint64_t mmap[2], munmap[2];
	uint8_t access, prot;
	bool nest_parent, fault, priv, exec, all, get, keep, ipc_lock, sys_resource;
	uint8_t core; /* enum scn_core_op */
	struct scn_guest guest;
	struct scn_ioctl ioctl;
	struct scn_streaming streaming;
};

/* ---- Expectations ---------------------------------------------------------------------- */

enum scn_expectation {
	SCN_EXPECT, /* errno */
	SCN_RETURNS,
	SCN_REACHES,
	SCN_FAULT,
	SCN_PENDING,
	SCN_EITHER,
	SCN_EVENTS,
	SCN_COMMANDS,
	SCN_NOTES,
	SCN_STATE,
	SCN_REFS,
	SCN_ASKED,
	SCN_RECORDS,
	SCN_EXPECTATIONS
};

/* Where a DMA may end. */
struct scn_outcome {
	uint8_t kind; /* SCN_REACHES, SCN_FAULT or SCN_PENDING */
	int process; /* reaches: whose address */
	uint64_t address;
	uint32_t classes; /* fault: mask of 1 << enum ioasim_dma_class */
	uint32_t event; /* pending: name */
};

/* Fields of an `info` or an event. */
#define SCN_FIELDS 8

struct scn_fields {
	uint32_t given; /* mask */
	struct scn_ref value[SCN_FIELDS];
};

struct scn_note {
	uint32_t notifier; /* name */
	uint8_t event; /* enum ioasim_hwid_event */
	struct scn_ref id;
};

/* A software mdev was asked for its pins. */
struct scn_asked {
	int device; /* index */
	uint64_t iova, size;
};

enum scn_returns {
	SCN_RETURNS_NUMBER,
	SCN_RETURNS_NONE,
	SCN_RETURNS_FIELDS,
	SCN_RETURNS_MEMBERS, /* of the structure of an ioctl */
};

/* A range of IOVAs, both ends within it. */
struct scn_range {
	uint64_t first, last;
};

struct scn_expect {
	/* Where each stands in the file; NULL: not judged. */
	const struct ytree_node *at[SCN_EXPECTATIONS];
	int error; /* 0, or a positive errno */
	uint8_t returns; /* enum scn_returns */
	uint64_t value;
	struct scn_fields fields;
	struct scn_ioctl_value *members;
	struct scn_range *ranges; /* NULL: not judged */
	struct scn_outcome *outcomes;
	struct scn_fields *events, *records;
	uint8_t *commands; /* enum ioasim_command_class */
	struct scn_note *notes;
	struct scn_asked *asked;
	uint32_t n_outcomes, n_events, n_commands, n_notes, n_asked;
	uint32_t n_members, n_ranges, n_records;
	uint8_t state; /* enum ioasim_hwid_state */
	uint64_t refs;
};

struct scn_step {
	uint8_t verb; /* enum scn_verb */
	uint32_t number; /* in the file, from 1 */
	const struct ytree_node *source; /* the merged step: a map */
	struct scn_args args;
	struct scn_expect expect;
};

/* ---- The scenario ------------------------------------------------------------------------- */

struct scn_area {
	uint64_t first, size;
	bool read_only;
};

struct scn_process {
	const char *name;
	struct scn_area *areas;
	uint32_t n_areas;
};

struct scn_device {
	const char *name;
	struct ioasim_device_config config; /* parent and pf by index here */
};

struct scn_ram {
	uint64_t gpa, hva, size;
};

struct scenario {
	const char *name, *about, *source;
	uint32_t line;
	const char *const *rules;
	uint32_t n_rules;
	uint32_t pasid_capacity, rid_pool, cgroup_limit, fd_quota; /* 0: default */
	struct scn_process *processes;
	struct scn_device *devices;
	struct scn_ram *ram;
	struct scn_name *names;
	struct scn_step *steps;
	uint32_t n_processes, n_devices, n_ram, n_names, n_steps;
};

/* Architectures of scenarios, in the order in which they run. */
#define SCN_ARCHS 3
extern const char *const scn_archs[]; /* NULL-ended */

/* The architectures that the document lists, as a mask by scn_archs. Notes an error. */
int scn_parse_archs(struct ytree *tree, const struct ytree_node *document, unsigned *mask);

/*
 * Makes the scenario of a document for one architecture. All of it lies in the arena and
 * the document. -EINVAL with the text in the tree's error.
 */
int scn_parse(struct ytree *tree, const struct ytree_node *document, struct arena *arena,
	      unsigned arch, struct scenario *scenario);

/* ---- Running --------------------------------------------------------------------------------- */

#define SCN_TEXT_SIZE 512
#define SCN_MORE_SIZE 8192

/* Why a scenario failed. */
struct scn_failure {
	uint32_t step; /* from 1; 0: before the first */
	uint32_t line, column;
	char doing[SCN_TEXT_SIZE]; /* the step as the file has it, merged */
	char expected[SCN_TEXT_SIZE]; /* "" where `found` says all */
	char found[SCN_TEXT_SIZE];
	/* Lines: broken rules, the last calls, the commands of the step. */
	char more[SCN_MORE_SIZE];
};

struct scn_runner {
	uint8_t caches; /* enum caches */
	unsigned arch;
};

/* True: every step was as expected and no rule was broken. */
bool scn_run(const struct scn_runner *runner, const struct scenario *scenario,
	     struct scn_failure *failure);

#endif
