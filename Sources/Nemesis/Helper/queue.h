/* Makes packets late and lets some overtake the others, doubles and damages them. `settings` are the
 * queue's number; the delay and by how much it varies, in milliseconds; how many of a hundred overtake,
 * are doubled, are damaged; and the path of a file whose coming ends it. Gives 0 then, with nothing held
 * back any more, or the negated number of an error. */
long queue(char **settings);
