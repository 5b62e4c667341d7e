/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts of the unit itself (48882, 3.2 to 3.4): what sends which message, and when. */
#include "amdvi_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define EVENT_INT_EN    UINT64_C(0x8)
#define COM_WAIT_INT_EN UINT64_C(0x10)
#define PPR_INT_EN      UINT64_C(0x4000)
#define INT_CAP_XT_EN   (UINT64_C(1) << 51)
#define ON              (AMD_ON | AMD_PPR_ON)

#define ADDRESS UINT64_C(0x12345678fee0f008)
#define DATA    0xbeefu

#define ID 0x42u

enum cause { EVENT, EVENT_OVERFLOW, WAIT, PAGE, PAGE_OVERFLOW };

static const struct {
	const char *name;
	uint64_t enable; /* Control */
	uint32_t status;
	uint32_t xt; /* register */
} causes[] = {
	[EVENT] = {"event", EVENT_INT_EN, 0x2, 0x170},
	[EVENT_OVERFLOW] = {"event log overflow", EVENT_INT_EN, 0x1, 0x170},
	[WAIT] = {"COMPLETION_WAIT", COM_WAIT_INT_EN, 0x4, 0x170},
	[PAGE] = {"page request", PPR_INT_EN, 0x40, 0x178},
	[PAGE_OVERFLOW] = {"PPR log overflow", PPR_INT_EN, 0x20, 0x178},
};

#define EACH_CAUSE(i) for (unsigned i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)

static void msi_set(struct amd_rig *rig)
{
	amd_write32(rig, 0x15c, (uint32_t)ADDRESS);
	amd_write32(rig, 0x160, (uint32_t)(ADDRESS >> 32));
	amd_write32(rig, 0x164, DATA);
	amd_write32(rig, 0x158, 0x10000);
}

/* A device without translation (V, TV, Mode 0, no rights; I): its accesses fault, its
 * page requests are logged. */
static void open_on(struct amd_rig *rig, uint64_t efr, uint64_t control)
{
	amd_open(rig, efr, 0);
	amd_device(rig, ID, 0x3, UINT64_C(1) << 32);
	amd_start(rig, control);
}

static void page_request(struct amd_rig *rig)
{
	const struct ioasim_page_request request = {.requester_id = ID, .access = IOASIM_READ};
	struct ioasim_page_request_result result;

	ioasim_page_request(rig->unit, &request, &result);
}

/* Head just behind tail: the log is full. Control is off and on again, as after an
 * overflow. */
static void full(struct amd_rig *rig, uint32_t head)
{
	uint64_t control = amd_read64(rig, 0x18);

	amd_write64(rig, 0x18, control & ~UINT64_C(0x2004));
	amd_write64(rig, head + 8, 0);
	amd_write64(rig, head, 0x10);
	amd_write64(rig, 0x18, control);
}

static void happen(struct amd_rig *rig, enum cause cause)
{
	switch (cause) {
	case EVENT_OVERFLOW:
		full(rig, 0x2010);
		/* fall through */
	case EVENT:
		assert_int_equal(amd_dma(rig, ID, 0x5000, IOASIM_READ).outcome, IOASIM_FAULT);
		break;
	case WAIT:
		amd_submit(rig, UINT64_C(0x1000000000000002), 0);
		break;
	case PAGE_OVERFLOW:
		full(rig, 0x2030);
		/* fall through */
	case PAGE:
		page_request(rig);
		break;
	}
}

static void a_cause_sets_its_bit_and_sends_the_message_if_enabled(void **state)
{
	struct amd_rig rig;

	(void)state;
	EACH_CAUSE(i)
	{
		/* Every enable but its own: the bit alone. */
		open_on(&rig, AMD_FULL_EFR,
			ON | ((EVENT_INT_EN | COM_WAIT_INT_EN | PPR_INT_EN) & ~causes[i].enable));
		msi_set(&rig);
		happen(&rig, (enum cause)i);
		if (!(amd_read32(&rig, 0x2020) & causes[i].status) || rig.messages)
			fail_msg("%s, not enabled", causes[i].name);
		amd_close(&rig);

		open_on(&rig, AMD_FULL_EFR, ON | causes[i].enable);
		msi_set(&rig);
		happen(&rig, (enum cause)i);
		if (rig.messages != 1)
			fail_msg("%s: %u messages", causes[i].name, rig.messages);
		assert_true(rig.message[0].address == ADDRESS);
		assert_int_equal(rig.message[0].data, DATA);
		assert_int_equal(ioasim_unit_counters(rig.unit)->interrupts, 1);
		amd_close(&rig);
	}
}

/* A message where the bit goes from 0 to 1, and none while it stays. */
static void there_is_no_further_message_while_the_bit_stands(void **state)
{
	struct amd_rig rig;

	(void)state;
	EACH_CAUSE(i)
	{
		open_on(&rig, AMD_FULL_EFR, ON | causes[i].enable);
		msi_set(&rig);
		happen(&rig, (enum cause)i);
		happen(&rig, (enum cause)i);
		happen(&rig, (enum cause)i);
		if (rig.messages != 1)
			fail_msg("%s: %u messages", causes[i].name, rig.messages);
		/* Cleared by a write of 1 to it alone. */
		amd_write32(&rig, 0x2020, ~causes[i].status);
		happen(&rig, (enum cause)i);
		assert_int_equal(rig.messages, 1);
		amd_write32(&rig, 0x2020, causes[i].status);
		happen(&rig, (enum cause)i);
		if (rig.messages != 2)
			fail_msg("%s: %u messages", causes[i].name, rig.messages);
		amd_close(&rig);
	}
}

static void enabling_what_stands_already_sends_nothing(void **state)
{
	struct amd_rig rig;

	(void)state;
	EACH_CAUSE(i)
	{
		open_on(&rig, AMD_FULL_EFR, ON);
		msi_set(&rig);
		happen(&rig, (enum cause)i);
		amd_write64(&rig, 0x18, ON | causes[i].enable);
		assert_true(amd_read32(&rig, 0x2020) & causes[i].status);
		assert_int_equal(rig.messages, 0);
		amd_close(&rig);
	}
}

static void without_msien_or_the_capability_there_is_no_message(void **state)
{
	struct amd_rig rig;

	(void)state;
	EACH_CAUSE(i)
	{
		open_on(&rig, AMD_FULL_EFR, ON | causes[i].enable);
		msi_set(&rig);
		amd_write32(&rig, 0x158, 0);
		happen(&rig, (enum cause)i);
		assert_int_equal(rig.messages, 0);
		assert_int_equal(ioasim_unit_counters(rig.unit)->interrupts, 0);
		amd_close(&rig);

		/* MsiCapMmioSup=0 */
		open_on(&rig, AMD_FULL_EFR & ~(UINT64_C(1) << 46), ON | causes[i].enable);
		msi_set(&rig);
		happen(&rig, (enum cause)i);
		assert_int_equal(rig.messages, 0);
		amd_close(&rig);
	}
}

/* Both registers of an XT unit: general for events and waits, PPR for page requests. */
static void with_intcapxten_the_xt_registers_say_how(void **state)
{
	struct amd_rig rig;

	(void)state;
	EACH_CAUSE(i)
	{
		open_on(&rig, AMD_FULL_EFR, ON | INT_CAP_XT_EN | causes[i].enable);
		msi_set(&rig);
		amd_write64(&rig, 0x170, 0x0000003100000100);
		amd_write64(&rig, 0x178, 0x0000003200000200);
		happen(&rig, (enum cause)i);
		assert_int_equal(rig.messages, 1);
		assert_int_equal(rig.message[0].data, causes[i].xt == 0x170 ? 0x31 : 0x32);
		assert_int_equal(rig.message[0].address,
				 causes[i].xt == 0x170 ? 0xfee01000 : 0xfee02000);
		amd_close(&rig);
	}
}

static const struct {
	const char *rule;
	uint64_t xt;
	uint64_t address;
	uint32_t data;
} forms[] = {
	{"nothing set", 0, 0xfee00000, 0},
	{"vector", 0x000000ff00000000, 0xfee00000, 0xff},
	{"destination mode", 0x4, 0xfee00004, 0},
	{"delivery mode", 0x0000010000000000, 0xfee00000, 0x100},
	{"destination 7:0", 0x000000000000ab00, 0xfeeab000, 0},
	{"destination 23:8", 0x00000000cdef0000, 0x00cdef00fee00000, 0},
	{"destination 31:24", 0x8900000000000000, 0x89000000fee00000, 0},
	{"all", 0x890001a7cdefab04, 0x89cdef00feeab004, 0x1a7},
};

static void an_xt_interrupt_is_told_as_the_x86_message_it_amounts_to(void **state)
{
	struct amd_rig rig;

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		open_on(&rig, AMD_FULL_EFR, ON | INT_CAP_XT_EN | COM_WAIT_INT_EN);
		amd_write64(&rig, 0x170, forms[i].xt);
		happen(&rig, WAIT);
		assert_int_equal(rig.messages, 1);
		if (rig.message[0].address != forms[i].address ||
		    rig.message[0].data != forms[i].data)
			fail_msg("%s: %llx %x", forms[i].rule,
				 (unsigned long long)rig.message[0].address, rig.message[0].data);
		amd_close(&rig);
	}
}

static void intcapxten_needs_xtsup(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_on(&rig, AMD_FULL_EFR & ~UINT64_C(4), ON | INT_CAP_XT_EN | COM_WAIT_INT_EN);
	msi_set(&rig);
	happen(&rig, WAIT);
	assert_int_equal(rig.messages, 1);
	assert_true(rig.message[0].address == ADDRESS);
	amd_close(&rig);
}

/* Causes with bits of their own do not silence each other. */
static void each_bit_has_a_message_of_its_own(void **state)
{
	struct amd_rig rig;

	(void)state;
	open_on(&rig, AMD_FULL_EFR, ON | EVENT_INT_EN | COM_WAIT_INT_EN | PPR_INT_EN);
	msi_set(&rig);
	happen(&rig, EVENT);
	happen(&rig, WAIT);
	happen(&rig, PAGE);
	happen(&rig, EVENT_OVERFLOW);
	happen(&rig, PAGE_OVERFLOW);
	assert_int_equal(rig.messages, 5);
	assert_int_equal(amd_read32(&rig, 0x2020) & 0x67, 0x67);
	amd_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cause_sets_its_bit_and_sends_the_message_if_enabled),
		cmocka_unit_test(there_is_no_further_message_while_the_bit_stands),
		cmocka_unit_test(enabling_what_stands_already_sends_nothing),
		cmocka_unit_test(without_msien_or_the_capability_there_is_no_message),
		cmocka_unit_test(with_intcapxten_the_xt_registers_say_how),
		cmocka_unit_test(an_xt_interrupt_is_told_as_the_x86_message_it_amounts_to),
		cmocka_unit_test(intcapxten_needs_xtsup),
		cmocka_unit_test(each_bit_has_a_message_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
