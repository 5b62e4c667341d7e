/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the parser of scenarios share. Functions that return int return 0, or
 * -EINVAL with the error noted in the tree. */
#ifndef SIM_SCENARIO_PARSE_H
#define SIM_SCENARIO_PARSE_H

#include "scenario.h"

struct scn_parser {
	struct ytree *tree;
	struct arena *arena;
	struct scenario *scenario;
	unsigned arch; /* index into scn_archs */
	uint32_t name_room;
};

/* Zeroed room for `count` things; NULL after noting that there is none. */
void *scn_get(struct scn_parser *p, size_t count, size_t size);

/* ---- Names: what a step names must stand in an earlier one ------------------------------ */

uint32_t scn_name_find(const struct scn_parser *p, enum scn_space space, const char *text);
/* The name, made if it is new; SCN_NONE without memory. */
uint32_t scn_name_make(struct scn_parser *p, enum scn_space space, const char *text);

/* A name that is known, or (`literal`) a number. */
int scn_parse_ref(struct scn_parser *p, const struct ytree_node *node, enum scn_space space,
		  struct scn_ref *ref);
int scn_parse_process(struct scn_parser *p, const struct ytree_node *node, int *process);
int scn_parse_device(struct scn_parser *p, const struct ytree_node *node, int *device);
/* "bus:device.function" in hex. */
int scn_parse_bdf(struct scn_parser *p, const struct ytree_node *node, uint32_t *bdf);
/* [first, second]. */
int scn_parse_pair(struct scn_parser *p, const struct ytree_node *node, uint64_t pair[2]);
/* Letters r and w, none of them being no access. */
int scn_parse_prot(struct scn_parser *p, const struct ytree_node *node, uint8_t *access);

/* `devices`. */
int scn_parse_devices(struct scn_parser *p, const struct ytree_node *map);

/* ---- Merging ------------------------------------------------------------------------------ */

/* The mask of architectures (by scn_archs) that a word of `only` or `when` stands for. */
int scn_parse_class(struct scn_parser *p, const struct ytree_node *node, const char *word,
		    unsigned *mask);
/* The step as this architecture has it: NULL if it is not done there. */
int scn_merge_step(struct scn_parser *p, const struct ytree_node *step,
		   const struct ytree_node **merged);

/* ---- Steps -------------------------------------------------------------------------------- */

/* A step pins or copies no more. */
#define SCN_BYTES 0x100000

enum scn_arg_type {
	ARG_REF, /* struct scn_ref, of `space` */
	ARG_SET_OR_ALL, /* struct scn_ref; `all` sets the flag of this name */
	ARG_MAKE, /* uint32_t: a name of `space`, new or not */
	ARG_TOKEN, /* struct scn_ref: any name */
	ARG_DEVICE, /* int */
	ARG_PROCESS, /* int */
	ARG_NUMBER, /* uint64_t */
	ARG_PASID, /* uint32_t; `none` is IOASIM_NO_VPASID */
	ARG_FLAG, /* bool */
	ARG_CHOICE, /* uint32_t: index into `words` */
	ARG_ENUM, /* the same; another word is SCN_UNKNOWN where an errno is expected */
	ARG_ACCESS, /* uint8_t: r, w */
	ARG_PROT, /* uint8_t: also rw and "" */
	ARG_PAIR, /* uint64_t [2] */
	ARG_TEXT, /* const char * */
	ARG_RID, /* uint64_t: number or bdf */
	ARG_COOKIES, /* struct scn_streaming: names of cookies that are read */
	ARG_RESPONSES, /* struct scn_streaming: [cookie, code] */
};

struct scn_arg {
	const char *key;
	uint8_t type; /* enum scn_arg_type */
	uint8_t space; /* enum scn_space */
	bool needed;
	size_t offset; /* in struct scn_args */
	const char *const *words; /* NULL-ended */
};

/* What a verb, or an operation of `core`, takes. */
struct scn_verb_spec {
	const char *name;
	const struct scn_arg *args; /* ends with key NULL; NULL: has a parser of its own */
	unsigned expects; /* mask of 1 << enum scn_expectation */
	/* One of these keys must be there, and no two (NULL-ended); NULL: no such rule. */
	const char *const *one_of;
};

extern const struct scn_verb_spec scn_verbs[SCN_VERBS];
extern const struct scn_verb_spec scn_core_ops[SCN_CORE_OPS];

/* The arguments of a step whose verb and expectations are known. */
int scn_parse_args(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step);
int scn_parse_guest(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step);
int scn_parse_ioctl(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step);
/* What a call of an iommufd gives back: {member: value, ...}. */
int scn_parse_members(struct scn_parser *p, const struct ytree_node *map, struct scn_step *step);
/* Does the call give something back with the errno that the step expects? */
bool scn_gives_back(const struct scn_step *step);
/* The words that `key` lists for a pointer of the call. */
int scn_parse_array(struct scn_parser *p, const struct ytree_node *node, struct scn_ioctl *ioctl);
/* Is the key's value, in this call, what a pointer points to? */
bool scn_is_array(const struct scn_ioctl *ioctl, const struct ytree_node *node);
/* [[first, last], ...]. */
int scn_parse_ranges(struct scn_parser *p, const struct ytree_node *list, struct scn_range **ranges,
		     uint32_t *count);
int scn_parse_cookies(struct scn_parser *p, const struct ytree_node *list,
		      struct scn_streaming *streaming);
int scn_parse_responses(struct scn_parser *p, const struct ytree_node *list,
			struct scn_streaming *streaming);
/* What `read` and `write` take together. */
int scn_check_stream(struct scn_parser *p, const struct ytree_node *map,
		     const struct scn_step *step);
int scn_parse_records(struct scn_parser *p, const struct ytree_node *list, struct scn_step *step);
/* Everything beside the verb: the errno, which decides how arguments are read, and behind
 * them the rest. `expects` as in struct scn_verb_spec. */
int scn_parse_errno(struct scn_parser *p, struct scn_step *step);
int scn_parse_expect(struct scn_parser *p, struct scn_step *step, unsigned expects);

/* The name of an errno, or "errno N" in the buffer. */
const char *scn_errno_name(int error, char buffer[32]);

/* Fields that `info` answers and events have, by what is asked; NULL-ended. */
enum scn_field_type {
	FIELD_NUMBER,
	FIELD_FLAG,
	FIELD_WORD,
	FIELD_IOASID,
	FIELD_ACCESS,
	FIELD_OBJECT,
	FIELD_COOKIE,
};

struct scn_field_spec {
	const char *name;
	uint8_t type; /* enum scn_field_type */
	const char *const *words; /* of FIELD_WORD */
};

extern const struct scn_field_spec scn_ioasid_fields[];
extern const struct scn_field_spec scn_device_fields[]; /* by cookie */
extern const struct scn_field_spec scn_pasid_fields[]; /* of a device descriptor */
extern const struct scn_field_spec scn_event_fields[];
extern const struct scn_field_spec scn_poll_fields[];
extern const struct scn_field_spec scn_fault_fields[]; /* read from a fault queue */
extern const struct scn_field_spec scn_vevent_fields[]; /* from a queue of a vIOMMU's events */
/* Those that the `info` or `poll` step asks for. */
const struct scn_field_spec *scn_info_fields(const struct scn_step *step);
/* Those of the records that a step reads; NULL: not of a queue. */
const struct scn_field_spec *scn_record_fields(const struct scenario *scenario,
					       const struct scn_step *step);
/* A map of such fields. */
int scn_parse_fields(struct scn_parser *p, const struct scn_field_spec *specs,
		     const struct ytree_node *map, struct scn_fields *fields);

extern const char *const scn_command_words[]; /* by enum ioasim_command_class */
extern const char *const scn_class_words[]; /* by enum ioasim_dma_class */
extern const char *const scn_note_words[]; /* by enum ioasim_hwid_event */
extern const char *const scn_state_words[]; /* by enum ioasim_hwid_state */

#endif
