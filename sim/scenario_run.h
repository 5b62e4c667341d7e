/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario under way: what the parts of the runner share. */
#ifndef SIM_SCENARIO_RUN_H
#define SIM_SCENARIO_RUN_H

#include "scenario.h"
#include "text.h"

#include <ioasim/hwid.h>

struct ioasim_arch;
struct scn_run;
struct scn_table;

/* What a name stands for now. */
struct scn_slot {
	bool bound;
	uint64_t value;
};

/* A descriptor that the scenario or a device's first use opened, and its numbers: passed on
 * to a process that uses it without having it (O2). */
struct scn_descriptor {
	bool open;
	int opener;
	int *number; /* by process; -1: the process has none */
};

struct scn_notifier {
	struct scn_run *run;
	uint32_t name;
};

/* ---- What a step has done -------------------------------------------------------------- */

/* What a software mdev's driver has pinned or copied. */
struct scn_reached {
	ioasim_pa_t *pages; /* pinned; NULL: none */
	unsigned char *data; /* copied; NULL: nothing */
	uint64_t size; /* bytes */
};
/* A structure of an ioctl is smaller, what is read at once less. */
#define SCN_BACK   64
#define SCN_RECORD 32
#define SCN_RANGES 32

struct scn_done {
	int error; /* 0 or a positive errno */
	char trouble[SCN_TEXT_SIZE]; /* what is no result of the uAPI; "" */
	bool has_value, has_dma, has_id;
	uint64_t value;
	uint64_t field[SCN_FIELDS];
	struct ioasim_dma_result dma;
	struct scn_reached reached; /* to be freed: scn_reached_free() */
	uint32_t id; /* of the hardware-ID core */
	unsigned char back[SCN_BACK]; /* the structure of an ioctl, after it */
	struct scn_range range[SCN_RANGES]; /* that it told */
	uint64_t record[SCN_RECORD][SCN_FIELDS]; /* that were read */
	uint32_t n_ranges, n_records;
};

struct scn_command {
	uint8_t class; /* enum ioasim_command_class */
	uint8_t type; /* of struct ioasim_arch */
};

/* The driver of a software mdev, which is asked for its pins. */
struct scn_driver {
	struct scn_run *run;
	int device; /* index */
};

struct scn_heard_note {
	uint32_t notifier;
	uint8_t event;
	uint32_t id;
};

/* What was heard within the step; grows. */
struct scn_heard {
	struct scn_command *commands;
	struct ioasim_event *events;
	struct scn_heard_note *notes;
	struct scn_asked *asked;
	uint32_t n_commands, n_events, n_notes, n_asked;
	uint32_t room_commands, room_events, room_notes, room_asked;
	bool lost; /* no host memory to note something */
};

/* The last steps, for the explanation of a failure. */
#define SCN_LOG 8

struct scn_logged {
	char text[200];
	char result[64];
};

struct scn_run {
	const struct scenario *scenario;
	const struct ioasim_arch *arch;
	unsigned arch_index;
	struct ioasim_system *system;
	struct ioasim_hwid_core *core; /* of `core` steps alone */
	int *process, *device; /* numbers of the system, by index in the scenario */
	struct scn_slot *slot; /* by name */
	struct scn_descriptor *fd; /* by name */
	struct scn_descriptor *device_fd; /* by device */
	struct scn_notifier *notifier; /* by name */
	struct scn_driver *driver; /* by device */
	struct scn_asked *kept; /* pins that drivers do not let go */
	uint32_t n_kept, room_kept;
	struct scn_table **table; /* by name */
	struct scn_heard heard;
	struct scn_logged log[SCN_LOG];
	uint32_t logged; /* steps so far */
};

/* Room for one more item; NULL, and `lost`, without memory. */
void *scn_grow(struct scn_heard *heard, void **items, uint32_t count, uint32_t *room, size_t size);

/* Notes what keeps a step from being done; returns false. */
__attribute__((format(printf, 2, 3))) bool scn_trouble(struct scn_done *done, const char *format,
						       ...);

/* The number that a reference stands for; false, with the trouble noted: the name is not
 * bound, as the step that was to bind it did not. Not for descriptors. */
bool scn_number(const struct scn_run *run, const struct scn_ref *ref, struct scn_done *done,
		uint64_t *number);
bool scn_number32(const struct scn_run *run, const struct scn_ref *ref, struct scn_done *done,
		  uint32_t *number);
void scn_bind(struct scn_run *run, uint32_t name, uint64_t value);

/* The result of a call of the library. */
void scn_result(struct scn_done *done, int result);

/* ---- Descriptors (scenario_run.c) --------------------------------------------------------- */

/* Who makes the call, if the step does not say: the opener of the descriptor. */
int scn_caller(const struct scn_run *run, const struct scn_args *args, const struct scn_ref *fd);
/* A name for a descriptor that a call gave to the process. */
void scn_fd_bind(struct scn_run *run, uint32_t name, enum ioasim_fd_kind kind, int process,
		 int number);
/* Their numbers in a process: -1 or a number that is not open where there is none. */
int scn_fd(struct scn_run *run, const struct scn_ref *fd, int process);
int scn_device_fd(struct scn_run *run, int device, int process);

/* ---- Verbs: one file per group ------------------------------------------------------------- */

/* scenario_run_calls.c */
void scn_run_open(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_close(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_exit(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
/* Everything that is one call of <ioasim/uapi.h>. */
void scn_run_call(struct scn_run *run, const struct scn_step *step, struct scn_done *done);

/* scenario_run_info.c */
void scn_run_info(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_extension(struct scn_run *run, const struct scn_args *args, struct scn_done *done);

/* scenario_run_device.c */
void scn_run_mmio(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_driver(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_cpu(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_limit(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_queue(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_dma(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_enqcmd(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_retry(struct scn_run *run, const struct scn_args *args, struct scn_done *done);

/* scenario_run_guest.c */
void scn_run_guest(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
/* The guest address of a table's root; false: it is not built. */
bool scn_table_root(const struct scn_run *run, uint32_t name, uint64_t *root);
void scn_table_free(struct scn_table *table);

/* scenario_run_ioctl.c */
void scn_run_ioctl(struct scn_run *run, const struct scn_args *args, struct scn_done *done);

/* scenario_run_access.c */
void scn_run_pin(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_unpin(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_copy(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
/* The library's question to a driver; `opaque` is a struct scn_driver. */
bool scn_on_unmap(void *opaque, int device, uint64_t iova, uint64_t bytes);
/* Whether what was pinned or copied is what the process has from the address on. */
bool scn_reached_is(const struct scn_run *run, const struct scn_reached *reached, int process,
		    uint64_t address);
void scn_reached_free(struct scn_reached *reached);
/* scenario_run_stream.c */
void scn_run_read(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_write(struct scn_run *run, const struct scn_args *args, struct scn_done *done);
void scn_run_poll(struct scn_run *run, const struct scn_args *args, struct scn_done *done);

/* scenario_run_core.c */
void scn_run_core(struct scn_run *run, const struct scn_args *args, struct scn_done *done);

/* ---- Judging ---------------------------------------------------------------------------------- */

/* Binds the event that a `pending` names. False: *failure says what was expected. */
bool scn_judge(struct scn_run *run, const struct scn_step *step, const struct scn_done *done,
	       struct scn_failure *failure);
/* Fills `more`: broken rules, the last calls, the commands of the step. */
void scn_explain(const struct scn_run *run, struct scn_failure *failure);

/* A node as it could stand in a file, on one line. */
void scn_text_node(struct text *text, const struct ytree_node *node);

#endif
