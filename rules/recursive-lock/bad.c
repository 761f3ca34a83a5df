#include <linux/mutex.h>

static DEFINE_MUTEX(table_mutex);

void insert_row(bool grow)
{
	mutex_lock(&table_mutex);
	if (grow)
		mutex_lock(&table_mutex); /* want recursive-lock */
	mutex_unlock(&table_mutex);
}
