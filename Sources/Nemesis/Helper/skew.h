/* Another wall clock for single processes; each gives 0 or the negated number of an error. */

/* The process's clock is `ahead` milliseconds ahead from now on and gains `drift` microseconds a
 * second. EAGAIN (11) where a thread was in the way: try again. */
long skew(const char *pid, const char *ahead, const char *drift);
/* Gives the process the machine's clock back, also where it has it. */
long unskew(const char *pid);
/* Prints by how many milliseconds the process's clock is ahead. */
long print_ahead(const char *pid);
/* Prints the processes whose clock is not the machine's, a line each. */
long print_skewed(void);
