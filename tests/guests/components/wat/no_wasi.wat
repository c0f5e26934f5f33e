;; SPDX-License-Identifier: Apache-2.0 OR MIT

;; Adapter: preview 1 for a library that needs no system.  There are no arguments, no environment, no files; time
;; stands still, output is swallowed, random bytes are always the same, and whoever wants to leave traps.
(module
  (import "env" "memory" (memory 0))

  (func $two_zeros (param $a i32) (param $b i32) (result i32)
    (i32.store (local.get $a) (i32.const 0))
    (i32.store (local.get $b) (i32.const 0))
    (i32.const 0))
  (func $nothing (param i32 i32) (result i32) (i32.const 0))
  (export "args_sizes_get" (func $two_zeros))
  (export "environ_sizes_get" (func $two_zeros))
  (export "args_get" (func $nothing))
  (export "environ_get" (func $nothing))

  (func (export "clock_time_get") (param i32 i64) (param $ret i32) (result i32)
    (i64.store (local.get $ret) (i64.const 1000000000))
    (i32.const 0))
  (func (export "sched_yield") (result i32) (i32.const 0))
  (func (export "random_get") (param $at i32) (param $size i32) (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $size)))
        (i32.store8 (local.get $at) (local.get $size))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $size (i32.sub (local.get $size) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  ;; Answers the number of bytes that it was given.
  (func (export "fd_write") (param i32) (param $iovs i32) (param $n i32) (param $ret i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $iovs))))
        (local.set $iovs (i32.add (local.get $iovs) (i32.const 8)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.store (local.get $ret) (local.get $sum))
    (i32.const 0))

  ;; 8 is badf, 52 nosys.
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_close") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_flags") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) (i32.const 52))
  (func (export "proc_exit") (param i32) unreachable))
