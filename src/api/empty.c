/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A shared library of object libraries needs one source of its own. */
typedef int arcella_empty;
