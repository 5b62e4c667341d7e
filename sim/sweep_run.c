/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep_run.h"

#include "cmd.h"
#include "lift_unit.h"
#include "sweep_crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A point that is to be done. */
struct task {
	size_t point;
	struct sweep_digest replay, driver;
	bool lifted;
	bool alone; /* neither leads nor follows */
};

/* A machine of a group, for one task or several that differ in nothing that is replayed. */
struct seat {
	const struct task *task;
	size_t tasks;
	struct sweep_point point; /* of the first task */
	struct result result;
	struct replay replay;
	struct journal journal; /* of a leader's start */
	struct message message; /* into: */
	FILE *stream;
	char *said;
	size_t length;
};

struct group {
	struct sweep_run *run;
	const struct task *task;
	size_t tasks;
	struct trace_reader *reader;
	struct seat *seat;
	struct sweep_hand *hand; /* of each seat */
	size_t seats;
};

static int no_memory(struct sweep_run *run)
{
	message_error(run->message, NULL, "%s", strerror(ENOMEM));
	return CMD_INPUT;
}

/* ---- What is to be done ------------------------------------------------------------------ */

static int by_digest(struct sweep_digest a, struct sweep_digest b)
{
	if (a.high != b.high)
		return a.high < b.high ? -1 : 1;
	return a.low < b.low ? -1 : a.low > b.low;
}

/* Tasks that have something in common stand together. */
static int by_likeness(const void *a, const void *b)
{
	const struct task *x = a, *y = b;
	int order = x->lifted - y->lifted;

	if (!order)
		order = x->alone - y->alone;
	if (!order)
		order = by_digest(x->driver, y->driver);
	if (!order)
		order = by_digest(x->replay, y->replay);
	if (!order)
		order = x->point < y->point ? -1 : x->point > y->point;
	return order;
}

struct todo {
	size_t first, last; /* points, to before the last */
	struct task *task;
	size_t count;
};

/* What has no result yet. `alone`: nobody follows. Where events are timed nobody does, as
 * the times are made of more than a journal tells. */
static int list_tasks(struct sweep_run *run, struct todo *todo, bool alone)
{
	todo->count = 0;
	for (size_t i = todo->first; i < todo->last; i++) {
		struct sweep_point point;

		if (run->results->spot[i].length)
			continue;
		if (sweep_machine(run->machines, i, &point))
			return CMD_INPUT;
		todo->task[todo->count++] = (struct task){
			.point = i,
			.replay = point.replay,
			.driver = point.driver,
			.lifted = point.lifted,
			.alone = alone || point.machine.timing.model == MACHINE_EVENTS,
		};
	}
	qsort(todo->task, todo->count, sizeof(*todo->task), by_likeness);
	return 0;
}

/* How many of the tasks, from the first, one machine does. */
static size_t alike(const struct task *task, size_t count)
{
	size_t n = 1;

	while (n < count && sweep_same(task[n].replay, task[0].replay) &&
	       task[n].lifted == task[0].lifted)
		n++;
	return n;
}

/* Does one machine with this task follow one with that? */
static bool follows(const struct task *task, const struct task *leader)
{
	return !task->alone && !leader->alone && sweep_same(task->driver, leader->driver) &&
	       task->lifted == leader->lifted;
}

/* How many of the tasks are of one group of at most that many machines, and how many
 * machines these are. */
static size_t next_group(const struct task *task, size_t count, size_t most, size_t *seats)
{
	size_t n = 0;

	for (*seats = 0; n < count && *seats < most && task[n].lifted == task[0].lifted; ++*seats)
		n += alike(task + n, count - n);
	return n;
}

/* Groups of about the same size: the last one is not the only small one. */
static size_t even_size(const struct task *task, size_t count, size_t most)
{
	size_t machines = 0, groups;

	for (size_t n = 0; n < count; machines++)
		n += alike(task + n, count - n);
	groups = (machines + most - 1) / most;
	return groups ? (machines + groups - 1) / groups : 1;
}

/* ---- One group ------------------------------------------------------------------------------ */

static int open_trace(struct group *group, bool lifted)
{
	struct trace_error error = {""};
	struct trace_reader *above;
	int status =
		trace_open(group->run->plan->trace_path, TRACE_FORMAT_AUTO, &group->reader, &error);

	if (status == 0 && lifted) {
		status = lift_open(group->reader, &above, &error);
		if (status == 0)
			group->reader = above;
	}
	if (status)
		message_error(group->run->message, NULL, "%s", error.text);
	return status ? CMD_INPUT : 0;
}

static int prepare_seat(struct group *group, struct seat *seat)
{
	struct sweep_run *run = group->run;
	const struct trace_meta *meta = trace_reader_meta(group->reader);

	result_init(&seat->result, &seat->point.machine, run->plan->trace);
	if (sweep_machine(run->machines, seat->task->point, &seat->point))
		return CMD_INPUT;
	seat->stream = open_memstream(&seat->said, &seat->length);
	if (!seat->stream)
		return no_memory(run);
	message_init(&seat->message, seat->stream);
	seat->result.level = seat->point.level;
	seat->result.checked = run->plan->check;
	snprintf(seat->result.arch, sizeof(seat->result.arch), "%s", meta->arch);
	seat->replay = (struct replay){
		.machine = &seat->point.machine,
		.meta = meta,
		.message = &seat->message,
		.result = &seat->result,
		.check = run->plan->check,
	};
	return 0;
}

/* A leader has a journal for each batch, and one of its start. */
static int start_leader(struct group *group, size_t index)
{
	struct seat *seat = &group->seat[index];
	struct sweep_hand *hand = &group->hand[index];

	hand->journal = calloc(SWEEP_BATCHES, sizeof(*hand->journal));
	if (!hand->journal)
		return no_memory(group->run);
	seat->replay.journal = &seat->journal;
	return replay_start(&seat->replay, &hand->run);
}

/* `leader`: of the seat before; `next`: the task behind this seat's, if the group has one. */
static int start_hand(struct group *group, size_t index, size_t leader, const struct task *next)
{
	struct seat *seat = &group->seat[index];
	struct sweep_hand *hand = &group->hand[index];
	const struct seat *ahead = &group->seat[leader];

	hand->leader = index;
	if (index && group->hand[leader].journal && follows(seat->task, ahead->task)) {
		hand->leader = leader;
		hand->status = replay_follow_start(&seat->replay, &ahead->journal, &hand->run);
	} else if (next && follows(next, seat->task)) {
		hand->status = start_leader(group, index);
	} else {
		hand->status = replay_start(&seat->replay, &hand->run);
	}
	return hand->status;
}

/* What a seat's replay has said before it failed, and which point it is. */
static void tell_failure(struct group *group, size_t index)
{
	struct seat *seat = &group->seat[index];
	struct sweep_run *run = group->run;
	char text[512];

	message_progress_end(run->message);
	if (seat->stream)
		fflush(seat->stream);
	if (seat->said)
		fwrite(seat->said, 1, seat->length, run->message->stream);
	sweep_plan_describe(run->plan, seat->task->point, text, sizeof(text));
	message_error(run->message, &(struct position){.file = run->plan->path},
		      "point %zu (%s) cannot be replayed", seat->task->point, text);
}

static int group_start(struct group *group, size_t seats)
{
	struct sweep_run *run = group->run;
	const struct task *task = group->task, *end = task + group->tasks;
	size_t leader = 0;
	int status;

	group->seat = calloc(seats, sizeof(*group->seat));
	group->hand = calloc(seats, sizeof(*group->hand));
	if (!group->seat || !group->hand)
		return no_memory(run);
	status = open_trace(group, task->lifted);
	while (status == 0 && group->seats < seats) {
		struct seat *seat = &group->seat[group->seats];

		*seat = (struct seat){.task = task, .tasks = alike(task, (size_t)(end - task))};
		status = prepare_seat(group, seat);
		task += seat->tasks;
		if (status == 0)
			status = start_hand(group, group->seats, leader, task < end ? task : NULL);
		leader = group->hand[group->seats++].leader;
		if (status)
			tell_failure(group, group->seats - 1);
	}
	return status;
}

static void group_end(struct group *group)
{
	for (size_t i = 0; i < group->seats; i++) {
		struct seat *seat = &group->seat[i];

		replay_end(group->hand[i].run);
		result_fini(&seat->result);
		journal_fini(&seat->journal);
		for (size_t n = 0; group->hand[i].journal && n < SWEEP_BATCHES; n++)
			journal_fini(&group->hand[i].journal[n]);
		free(group->hand[i].journal);
		if (seat->stream)
			fclose(seat->stream);
		free(seat->said);
	}
	free(group->seat);
	free(group->hand);
	trace_close(group->reader);
}

/* ---- Lines ------------------------------------------------------------------------------------- */

static int write_point(struct group *group, struct seat *seat, size_t point)
{
	struct sweep_run *run = group->run;
	struct sweep_point own;
	json_t *line;
	int status = sweep_machine(run->machines, point, &own);

	if (status)
		return status;
	seat->result.machine = &own.machine;
	line = sweep_line_make(run->plan, point, &seat->result, run->results->of.identity);
	seat->result.machine = &seat->point.machine;
	if (!line)
		return no_memory(run);
	status = sweep_results_add(run->results, point, line, result_good(&seat->result));
	json_decref(line);
	return status;
}

/* As in `ioasim replay`: no input is to blame, and every run looks. */
static int check_counts(struct group *group, const struct seat *seat)
{
	const char *wrong = result_check(&seat->result);

	if (!wrong)
		return 0;
	message_error(group->run->message, NULL, "point %zu: a mistake of ioasim: %s",
		      seat->task->point, wrong);
	return CMD_CHECK_FAILED;
}

/* The end fills the result; a leader's stands before those of its followers. False: it has
 * strayed, and there is none. */
static bool end_hand(struct group *group, size_t index)
{
	struct sweep_hand *hand = &group->hand[index];
	struct replay_run *run = hand->run;

	hand->run = NULL;
	if (hand->leader != index)
		return replay_follow_end(run, &group->seat[hand->leader].result);
	replay_end(run);
	return true;
}

static int write_group(struct group *group)
{
	int status = 0;

	for (size_t i = 0; i < group->seats && status == 0; i++) {
		struct seat *seat = &group->seat[i];

		if (!end_hand(group, i))
			continue;
		status = check_counts(group, seat);
		for (size_t n = 0; n < seat->tasks && status == 0; n++)
			status = write_point(group, seat, seat->task[n].point);
	}
	return status ? status : sweep_results_sync(group->run->results);
}

static int do_group(struct group *group, size_t seats, struct sweep_crew *crew)
{
	int status = group_start(group, seats);

	if (status == 0) {
		crew->reader = group->reader;
		crew->hand = group->hand;
		crew->hands = group->seats;
		status = sweep_crew_work(crew);
		for (size_t i = 0; i < group->seats; i++)
			if (group->hand[i].status)
				tell_failure(group, i);
	}
	if (status == 0 && !*group->run->stop)
		status = write_group(group);
	group_end(group);
	return status;
}

static int do_tasks(struct sweep_run *run, const struct todo *todo)
{
	const struct task *task = todo->task;
	size_t count = todo->count, most = even_size(task, count, run->group), seats;
	char verb[48];
	struct sweep_crew crew = {
		.threads = run->threads,
		.message = run->message,
		.stop = run->stop,
		.verb = verb,
	};
	int status = 0;

	snprintf(verb, sizeof(verb), "%zu points", count);
	for (size_t at = 0; at < count; crew.readings++)
		at += next_group(task + at, count - at, most, &seats);
	for (; status == 0 && count && !*run->stop; crew.reading++) {
		struct group group = {.run = run, .task = task};

		group.tasks = next_group(task, count, most, &seats);
		task += group.tasks;
		count -= group.tasks;
		status = do_group(&group, seats, &crew);
	}
	return status;
}

int sweep_run(struct sweep_run *run, size_t first, size_t last)
{
	struct todo todo = {.first = first, .last = last};
	int status;

	todo.task = calloc(last - first + 1, sizeof(*todo.task));
	if (!todo.task)
		return no_memory(run);
	status = list_tasks(run, &todo, false);
	if (status == 0)
		status = do_tasks(run, &todo);
	/* Those that have strayed. */
	if (status == 0 && !*run->stop)
		status = list_tasks(run, &todo, true);
	if (status == 0 && !*run->stop)
		status = do_tasks(run, &todo);
	free(todo.task);
	return status;
}
