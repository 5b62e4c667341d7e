/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The areas of a child by the addresses of its parent, which may overlap: a treap in
 * order of (first, iova), whose nodes know the highest end below them.
 */
#include "model/uapi/aspace.h"

#include <errno.h>
#include <stdlib.h>

struct node {
	struct node *left, *right;
	struct behind_area area;
	uint64_t highest; /* end of the areas from here down */
};

struct behind {
	struct node *root;
};

struct behind *behind_create(void)
{
	return calloc(1, sizeof(struct behind));
}

static void tree_free(struct node *node)
{
	while (node) {
		struct node *right = node->right;

		tree_free(node->left);
		free(node);
		node = right;
	}
}

void behind_destroy(struct behind *behind)
{
	if (behind)
		tree_free(behind->root);
	free(behind);
}

/* A node's place in the heap: a function of its key, so that runs can be compared. The
 * finalizer of a well-known generator (splitmix64). */
static uint64_t priority(const struct node *node)
{
	uint64_t x = node->area.first * UINT64_C(0x9e3779b97f4a7c15) ^ node->area.iova;

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static bool before(const struct behind_area *a, const struct behind_area *b)
{
	return a->first != b->first ? a->first < b->first : a->iova < b->iova;
}

static void highest_update(struct node *node)
{
	node->highest = node->area.last;
	if (node->left && node->left->highest > node->highest)
		node->highest = node->left->highest;
	if (node->right && node->right->highest > node->highest)
		node->highest = node->right->highest;
}

/* Nodes in front of `area`, and the rest. */
static void tree_split(struct node *node, const struct behind_area *area, struct node **left,
		       struct node **right)
{
	if (!node) {
		*left = *right = NULL;
		return;
	}
	if (before(&node->area, area)) {
		tree_split(node->right, area, &node->right, right);
		*left = node;
	} else {
		tree_split(node->left, area, left, &node->left);
		*right = node;
	}
	highest_update(node);
}

static struct node *tree_join(struct node *left, struct node *right)
{
	if (!left || !right)
		return left ? left : right;
	if (priority(left) > priority(right)) {
		left->right = tree_join(left->right, right);
		highest_update(left);
		return left;
	}
	right->left = tree_join(left, right->left);
	highest_update(right);
	return right;
}

int behind_add(struct behind *behind, uint64_t first, uint64_t last, uint64_t iova)
{
	struct node *node = calloc(1, sizeof(*node));
	struct node *left, *right;

	if (!node)
		return -ENOMEM;
	node->area = (struct behind_area){first, last, iova};
	node->highest = last;
	tree_split(behind->root, &node->area, &left, &right);
	behind->root = tree_join(tree_join(left, node), right);
	return 0;
}

static struct node *tree_remove(struct node *node, const struct behind_area *area)
{
	struct node *rest;

	if (!node)
		return NULL;
	if (before(area, &node->area)) {
		node->left = tree_remove(node->left, area);
	} else if (before(&node->area, area)) {
		node->right = tree_remove(node->right, area);
	} else {
		rest = tree_join(node->left, node->right);
		free(node);
		return rest;
	}
	highest_update(node);
	return node;
}

void behind_remove(struct behind *behind, uint64_t first, uint64_t iova)
{
	behind->root = tree_remove(behind->root, &(struct behind_area){first, first, iova});
}

struct visit {
	uint64_t first, last;
	int (*area)(void *opaque, const struct behind_area *area);
	void *opaque;
};

static int tree_walk(const struct node *node, const struct visit *visit)
{
	int status = 0;

	if (!node || node->highest < visit->first)
		return 0;
	status = tree_walk(node->left, visit);
	if (status || node->area.first > visit->last)
		return status;
	if (node->area.last >= visit->first)
		status = visit->area(visit->opaque, &node->area);
	return status ? status : tree_walk(node->right, visit);
}

int behind_walk(const struct behind *behind, uint64_t first, uint64_t last,
		int (*area)(void *opaque, const struct behind_area *area), void *opaque)
{
	struct visit visit = {first, last, area, opaque};

	return tree_walk(behind->root, &visit);
}
