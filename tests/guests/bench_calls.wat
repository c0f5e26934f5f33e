;; SPDX-License-Identifier: Apache-2.0 OR MIT
;; Guest for the benches: calls one host function n times.  Each export returns the last errno.
(module
  (type $t0 (func (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (memory (export "memory") 4)
  ;; an iovec at 16: 64 KiB at 65536
  (data (i32.const 16) "\00\00\01\00\00\00\01\00")
  (func (export "clock") (type $t0) (local $e i32)
    (loop $again
      (local.set $e (i32.or (local.get $e) (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $e))
  (func $rewind (param $fd i32) (result i32)
    (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 0) (i32.const 8)))
  ;; descriptor 1 is written, from its start again every 64 calls
  (func (export "write") (type $t0) (local $e i32)
    (loop $again
      (if (i32.eqz (i32.and (local.get 0) (i32.const 63)))
        (then (local.set $e (i32.or (local.get $e) (call $rewind (i32.const 1))))))
      (local.set $e (i32.or (local.get $e) (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $e))
  ;; descriptor 0 is read, likewise
  (func (export "read") (type $t0) (local $e i32)
    (loop $again
      (if (i32.eqz (i32.and (local.get 0) (i32.const 63)))
        (then (local.set $e (i32.or (local.get $e) (call $rewind (i32.const 0))))))
      (local.set $e (i32.or (local.get $e) (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 0))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $e)))
