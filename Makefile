# SPDX-License-Identifier: Apache-2.0
# ioasim: make demo, make check; see README.md.

CC ?= gcc
CFLAGS ?= -O2 -g
BUILD ?= build
SANITIZE ?=

WARN := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes
CPPFLAGS += -Iinclude -Isrc -Isim -D_GNU_SOURCE
ALL_CFLAGS := -std=gnu11 $(WARN) -fvisibility=hidden -fPIC -MMD -MP $(CFLAGS)
ALL_LDFLAGS := $(LDFLAGS)
ifneq ($(SANITIZE),)
ALL_CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
ALL_LDFLAGS += -fsanitize=$(SANITIZE)
endif
SIM_LIBS := -lyaml -ljansson -lz -lpthread -lm

LIB_SRC := $(wildcard src/*.c src/model/*.c src/vtd/*.c src/amdvi/*.c src/smmuv3/*.c)
SIM_SRC := $(wildcard sim/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
SIM_OBJ := $(SIM_SRC:%.c=$(BUILD)/obj/%.o)

all: $(BUILD)/libioasim.a $(BUILD)/ioasim

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(BUILD)/libioasim.a: $(LIB_OBJ)
	$(AR) rcs $@ $^

$(BUILD)/ioasim: $(SIM_OBJ) $(BUILD)/libioasim.a
	$(CC) $(ALL_LDFLAGS) -o $@ $(SIM_OBJ) $(BUILD)/libioasim.a $(SIM_LIBS)

# One test program per room: tests/test_NAME.c -> build/tests/test_NAME
TEST_SRC := $(wildcard tests/test_*.c)
TEST_BIN := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
TEST_SIM := $(filter-out $(BUILD)/obj/sim/main.o,$(SIM_OBJ))

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(TEST_SIM) $(BUILD)/libioasim.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $< $(TEST_SIM) $(BUILD)/libioasim.a -lcmocka $(SIM_LIBS)

tests: $(TEST_BIN)

clean:
	rm -rf $(BUILD)

.PHONY: all tests clean
-include $(LIB_OBJ:.o=.d) $(SIM_OBJ:.o=.d) $(TEST_SRC:%.c=$(BUILD)/obj/%.d)
