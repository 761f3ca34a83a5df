#include <linux/mutex.h>

static DEFINE_MUTEX(table_mutex);

static void grow_table_locked(void)
{
	lockdep_assert_held(&table_mutex);
}

void insert_row(void)
{
	mutex_lock(&table_mutex);
	grow_table_locked();
	mutex_unlock(&table_mutex);
}
